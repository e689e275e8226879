import type { AbortOptions, PeerId } from '@daa-compute/interface'
import type { Revision, SharedStateInit } from '../shared-state.ts'
import { ANCESTRY_NAME } from './ancestry.ts'
import { codeOf } from './errors.ts'
import {
  type Encounter,
  floatsOf,
  type FloatTensors,
  meetingOutcome,
  type MeetingOutcome,
  meetingValues
} from './meeting.ts'
import type { Merge } from './replica.ts'
import type { RoundKind } from './round-record.ts'
import type { RoundOptions, RoundResult, RoundSource, RoundValues } from './round-source.ts'

export interface EncountersInit {
  readonly run: RoundSource
  readonly tensors: SharedStateInit['tensors']
  /** A round counts, and changes the state so. */
  advance(result: RoundResult, record: RoundKind | undefined, change: () => void): Promise<Revision>
  merged(merge: Merge): void
}

/** After these a round of this kind is not tried again: the others have gone on to another. */
const FINAL_CODES: ReadonlySet<unknown> = new Set([
  'BEHIND',
  'REQUEST_MISMATCH',
  'ABORTED',
  'NON_FINITE'
])

/**
 * Where the states of lineages that meet are averaged: the rounds by which all who
 * saw newcomers, and these, learn what they bring, and then average it.
 *
 * Every participant of a round with newcomers knows that there are some, so nobody
 * has to ask who is with it. A first round of a few numbers tells everybody what
 * newcomers come from; most come from nowhere, and then it stays at that.
 */
export class Encounters {
  readonly #init: EncountersInit
  #next: Encounter | undefined
  #outcome: MeetingOutcome | undefined

  constructor(init: EncountersInit) {
    this.#init = init
  }

  /** A round had newcomers, maybe this peer: the next is a meeting. */
  note(encounter: Encounter): void {
    this.#next = encounter
    this.#outcome = undefined
  }

  forget(): void {
    this.#next = undefined
    this.#outcome = undefined
  }

  /**
   * Meets, and averages, as far as that is due. When it rejects it is due still, unless
   * the others have gone on to something else.
   */
  async meet({ signal }: AbortOptions): Promise<void> {
    const encounter = this.#next
    if (encounter === undefined) return
    this.#outcome ??= await this.#learn(encounter, signal)
    if (this.#outcome.met.length > 0) await this.#average(encounter, this.#outcome, signal)
    this.forget()
  }

  async #learn(encounter: Encounter, signal: AbortSignal | undefined): Promise<MeetingOutcome> {
    const values = meetingValues(encounter)
    const result = await this.#round(values, { op: 'sum', signal })
    await this.#init.advance(result, 'meeting', () => undefined)
    return meetingOutcome(encounter.participants, values)
  }

  async #average(
    { self, fork }: Encounter,
    { met, weightOf }: MeetingOutcome,
    signal: AbortSignal | undefined
  ): Promise<void> {
    const { tensors, advance, merged } = this.#init
    const { [ANCESTRY_NAME]: _, ...own } = tensors
    const means = named(fork?.tensors ?? floatsOf(own))
    const result = await this.#round(means, { op: 'mean', weight: weightOf(self), signal })
    const revision = await advance(result, undefined, () => {
      for (const [name, tensor] of Object.entries(own)) {
        const mean = means[nameOf(name)]
        if (mean !== undefined) (tensor as Float64Array).set(mean)
      }
    })
    const { participants } = result
    const total = participants.reduce((sum, peer) => sum + weightOf(peer), 0)
    const share = (peer: PeerId): number => weightOf(peer) / total
    const weights = Object.fromEntries(participants.map((peer) => [peer, share(peer)]))
    merged({ rule: 'average', revision, met, weights })
  }

  async #round(values: RoundValues, options: RoundOptions): Promise<RoundResult> {
    try {
      return await this.#init.run.allReduce(values, { ...options, yields: true })
    } catch (error) {
      if (FINAL_CODES.has(codeOf(error))) this.forget()
      throw error
    }
  }
}

/** No step of a caller's has tensors of these names. */
function named(tensors: FloatTensors): FloatTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [nameOf(name), tensor]))
}

function nameOf(name: string): string {
  return `daa:state:${name}`
}
