import type { PeerId } from '@daa-compute/interface'
import type { TypedArray } from '../tensors.ts'
import { lineageNumber, lineageText } from './ancestry.ts'
import type { MetState } from './replica.ts'

/** Values of a meeting per participant: a fork's rounds, those against it, its lineage; whether it is none. */
const FIELDS = 4

/** A state that this peer had before it took over another's. */
export interface Fork {
  readonly lineage: string
  /** Rounds it counts since the two parted. */
  readonly rounds: number
  /** Rounds that the other one counts since then. */
  readonly against: number
  /** Its tensors of floats. */
  readonly tensors: FloatTensors
}

export type FloatTensors = Readonly<Record<string, Float64Array<ArrayBuffer>>>

/**
 * A round that newcomers appeared in: all its participants meet in the next one, to
 * learn whether some of them bring a state of another lineage.
 */
export interface Encounter {
  readonly participants: readonly PeerId[]
  readonly self: PeerId
  /** Whether this peer is one of the newcomers. */
  readonly isNewcomer: boolean
  readonly fork: Fork | undefined
}

/** What a meeting resulted in. */
export interface MeetingOutcome {
  readonly met: readonly MetState[]
  /** What a participant's state weighs in the average. */
  readonly weightOf: (peer: PeerId) => number
}

/** What a peer brings to a meeting, to be added up: of each newcomer what it had. */
export function meetingValues({ participants, self, isNewcomer, fork }: Encounter): Meeting {
  const values = new Float64Array(FIELDS * participants.length)
  const at = FIELDS * participants.indexOf(self)
  if (at < 0) return { 'daa:meeting': values }
  if (!isNewcomer) values[at + 3] = 1
  else if (fork !== undefined) {
    values.set([fork.rounds, fork.against, lineageNumber(fork.lineage)], at)
  }
  return { 'daa:meeting': values }
}

/** The values of a meeting: nobody's step has them. */
export type Meeting = Readonly<Record<'daa:meeting', Float64Array<ArrayBuffer>>>

/** Reads what a meeting resulted in: the same at everybody who took part. */
export function meetingOutcome(
  participants: readonly PeerId[],
  { 'daa:meeting': values }: Meeting
): MeetingOutcome {
  const met: MetState[] = []
  const members: PeerId[] = []
  let ours = 1
  for (const [rank, peer] of participants.entries()) {
    const [rounds = 0, against = 0, lineage = 0, isMember = 0] = values.subarray(FIELDS * rank)
    if (isMember > 0) members.push(peer)
    else if (rounds > 0) {
      met.push({ peer, lineage: lineageText(lineage), rounds })
      ours = Math.max(ours, against)
    }
  }
  const weights = new Map([
    ...members.map((peer) => [peer, ours] as const),
    ...met.map(({ peer, rounds }) => [peer, rounds] as const)
  ])
  return { met, weightOf: (peer) => weights.get(peer) ?? 0 }
}

/** Copies of the tensors that hold floats, in float64: their mean is rounded once. */
export function floatsOf(tensors: Readonly<Record<string, TypedArray>>): FloatTensors {
  const floats: Record<string, Float64Array<ArrayBuffer>> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    if (isFloat(tensor)) floats[name] = Float64Array.from(tensor)
  }
  return floats
}

function isFloat(tensor: TypedArray): tensor is Float32Array | Float64Array {
  return ['Float32Array', 'Float64Array'].includes(
    Object.prototype.toString.call(tensor).slice(8, -1)
  )
}
