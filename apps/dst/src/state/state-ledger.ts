import type { PeerId } from '@daa-compute/interface'
import type { Merge, Revision, StepResult } from '@daa-compute/state'
import type { Counters } from '../counters.ts'
import { Violation } from '../violation.ts'

/** One process life of a peer, as far as its state goes. */
export interface StateVoice {
  readonly peer: PeerId
  /** It sends bad bytes: what it has is its own affair. */
  readonly liar: boolean
  readonly isAlive: () => boolean
  readonly tensors: Readonly<Record<string, Float32Array | Float64Array | Int32Array>>
  readonly revision: Revision | undefined
}

export interface Rejection {
  readonly code: string | undefined
  readonly error: unknown
  /** What was given, now, and as it was. */
  readonly values: Float32Array
  readonly brought: Float32Array
}

/** Keeps what every state was, and checks what has to hold of them. */
export interface StateLedger {
  join(voice: StateVoice): void
  /**
   * Looks at every state there is; called after every event.
   *
   * @throws {Violation}
   */
  look(): void
  /** @throws {Violation} */
  stepped(voice: StateVoice, result: StepResult<Float32Array>): void
  /** @throws {Violation} */
  rejected(voice: StateVoice, rejection: Rejection): void
  /** @throws {Violation} */
  merged(voice: StateVoice, merge: Merge): void
  levelled(voice: StateVoice): void
  /** @throws {Violation} */
  dropped(voice: StateVoice, donor: PeerId, code: string): void
  /** Whether nobody who lives has a state that somebody waits for. */
  isStateLost(): boolean
}

/** What steps may reject with while faults go on, beside what rounds do. */
const CODES: ReadonlySet<string | undefined> = new Set([
  ...['LEFT', 'NOT_ENOUGH_PEERS', 'QUORUM_LOST', 'OUTCOME_UNKNOWN', 'ABORTED', 'aborted'],
  ...['NOT_WHOLE', 'NOT_LEVEL', 'NO_DONORS', 'NO_QUORUM', 'NO_SUCH_REVISION', 'CANNOT_KEEP_UP'],
  ...['REQUEST_MISMATCH', 'BACKWARD']
])

/** What they may reject with besides where one lies: it may be the only one to ask. */
const MISLED_CODES: ReadonlySet<string | undefined> = new Set(['LAYOUT_MISMATCH', 'TOO_LARGE'])

/** Of these, what says that the tensors hold no state. */
const LOST_CODES: ReadonlySet<string | undefined> = new Set(['NOT_WHOLE'])

/** What an honest donor is never dropped for. */
const LIES: ReadonlySet<string> = new Set(['WRONG_BLOCK', 'MALFORMED'])

/** Looks between which nobody's revision has changed, after which bytes are compared all the same. */
const LOOKS = 32

interface SeenState {
  readonly bytes: Uint8Array
  /** Who had it first. */
  readonly peer: PeerId
  /** Whether another peer had it, too. */
  isShared: boolean
}

interface Watched {
  readonly voice: StateVoice
  last: Revision | undefined
  looks: number
}

/** @param isLiar whether a peer, in any of its lives, sends bad bytes */
export function createStateLedger(
  counters: Counters,
  isLiar: (peer: PeerId) => boolean
): StateLedger {
  const watched = new Map<StateVoice, Watched>()
  const states = new Map<string, SeenState>()
  const merges = new Map<string, { readonly text: string; readonly peer: PeerId }>()

  function check(entry: Watched, revision: Revision): void {
    const { voice } = entry
    const key = keyOf(revision)
    const bytes = bytesOf(voice)
    const known = states.get(key)
    if (known === undefined) {
      states.set(key, { bytes, peer: voice.peer, isShared: false })
      counters.add('states: seen')
      return
    }
    known.isShared ||= known.peer !== voice.peer
    if (!isSame(known.bytes, bytes)) {
      throw new Violation(
        'one state',
        `${voice.peer} has another state ${describe(revision)} than ${known.peer} had`
      )
    }
  }

  function lookAt(entry: Watched, always: boolean): void {
    const { voice } = entry
    const { revision } = voice
    if (revision === undefined || voice.liar || !voice.isAlive()) return
    const { last } = entry
    const isNew = last === undefined || keyOf(last) !== keyOf(revision)
    if (!isNew && !always && ++entry.looks % LOOKS !== 0) return
    const isBack = last?.lineage === revision.lineage && revision.sequence < last.sequence
    if (isBack && !isMisled(last)) {
      throw new Violation(
        'forward',
        `the state of ${voice.peer} goes back from ${describe(last)} to ${describe(revision)}`
      )
    }
    entry.last = revision
    check(entry, revision)
  }

  /** Whether a revision may be one that a liar made up: nobody else contradicts it where it is the only donor. */
  function isMisled(revision: Revision): boolean {
    return hasLiar() && states.get(keyOf(revision))?.isShared !== true
  }

  function hasLiar(): boolean {
    return [...watched.keys()].some(({ liar }) => liar)
  }

  function lookNow(voice: StateVoice): void {
    const entry = watched.get(voice)
    if (entry !== undefined) lookAt(entry, true)
  }

  return {
    join: (voice) => void watched.set(voice, { voice, last: undefined, looks: 0 }),
    look() {
      for (const entry of watched.values()) lookAt(entry, false)
    },
    stepped(voice, result) {
      lookNow(voice)
      counters.add(result.counted ? 'steps: counted' : 'steps: that caught up or recovered')
      const { revision, lineage, sequence } = result
      if (voice.liar) return
      if (voice.revision === undefined || revision.sequence <= sequence) {
        throw new Violation(
          'forward',
          `${voice.peer} has round ${sequence} of ${lineage.slice(0, 8)} and no state after it`
        )
      }
      for (const { bytesWasted, deltas, snapshots } of result.caughtUp) {
        if (snapshots > 0) counters.add('catching up: whole states')
        if (deltas > 0) counters.add('catching up: rounds replayed', deltas)
        if (bytesWasted > 0) counters.add('catching up: in spite of bad blocks')
      }
    },
    rejected(voice, { code, error, values, brought }) {
      lookNow(voice)
      counters.add(`steps rejected: ${code}`)
      if (voice.liar) return
      if (!CODES.has(code) && !(hasLiar() && MISLED_CODES.has(code))) {
        throw new Violation('nothing lost', `a step of ${voice.peer} is told ${textOf(error)}`)
      }
      if (LOST_CODES.has(code)) {
        if (voice.revision !== undefined) {
          throw new Violation('nothing lost', `${voice.peer} is told ${code} and has a state`)
        }
      } else if (!isSame(new Uint8Array(values.buffer), new Uint8Array(brought.buffer))) {
        throw new Violation(
          'nothing lost',
          `a step of ${voice.peer} is told ${code} and has changed its values`
        )
      }
    },
    merged(voice, merge) {
      counters.add(`merges: ${merge.rule}`)
      if (voice.liar || merge.rule === 'yield') return
      const text = JSON.stringify(merge)
      const known = merges.get(keyOf(merge.revision))
      if (known === undefined) merges.set(keyOf(merge.revision), { text, peer: voice.peer })
      else if (known.text !== text) {
        throw new Violation(
          'one merge',
          `${voice.peer} merges ${text}, ${known.peer} ${known.text}`
        )
      }
    },
    levelled(voice) {
      counters.add('catching up: level')
      lookNow(voice)
    },
    dropped(voice, donor, code) {
      counters.add(`donors dropped: ${code}`)
      if (voice.liar || isLiar(donor) || !LIES.has(code)) return
      throw new Violation('isolation', `${voice.peer} drops the honest donor ${donor}: ${code}`)
    },
    isStateLost() {
      const living = [...watched.values()].filter(({ voice }) => voice.isAlive() && !voice.liar)
      return living.every(({ voice }) => voice.revision === undefined)
    }
  }
}

function keyOf({ lineage, sequence }: Revision): string {
  return `${lineage} ${sequence}`
}

function describe({ lineage, sequence }: Revision): string {
  return `${lineage.slice(0, 8)} ${sequence}`
}

function bytesOf({ tensors }: StateVoice): Uint8Array {
  return Buffer.concat(
    Object.values(tensors).map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)
    )
  )
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
