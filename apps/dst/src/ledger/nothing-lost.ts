import { DaaError } from '@daa-compute/interface'
import { Violation } from '../violation.ts'
import { differentBits } from './bits.ts'
import type { CallBook } from './call-book.ts'
import type { Call } from './records.ts'

/** Codes an all-reduce may reject with when its input is good and the peers are not to blame. */
const DOCUMENTED_CODES: ReadonlySet<string> = new Set([
  'LEFT',
  'NOT_ENOUGH_PEERS',
  'QUORUM_LOST',
  'OUTCOME_UNKNOWN',
  'BEHIND',
  'ABORTED'
])

/** A rejected call leaves its array alone and says why; nobody writes to one that has settled. */
export class NothingLost {
  readonly #RoundError: new (...args: never) => Error
  readonly #calls: CallBook

  constructor(RoundError: new (...args: never) => Error, calls: CallBook) {
    this.#RoundError = RoundError
    this.#calls = calls
  }

  /** Notes what the call was told. */
  rejected(call: Call, error: unknown): void {
    const { peer, liar } = call.voice
    const index = differentBits(call.values, call.contribution)
    if (index !== -1) {
      throw new Violation(
        'nothing lost',
        `${peer} is told ${String(error)} and finds ${call.values[index]} at index ${index}, where it had ${call.contribution[index]}`
      )
    }
    if (call.signal.aborted && error === call.signal.reason) {
      call.code = 'aborted'
    } else {
      if (!(error instanceof this.#RoundError && error instanceof DaaError)) {
        throw new Violation('nothing lost', `${peer} is told ${describe(error)}`)
      }
      call.code = error.code as string
      // a liar may bring something else than it does
      const isMisled = call.code === 'REQUEST_MISMATCH' && this.#calls.liars.size > 0
      if (!DOCUMENTED_CODES.has(call.code) && !isMisled && !liar) {
        throw new Violation('nothing lost', `${peer} is told ${call.code}: ${error.message}`)
      }
    }
  }

  finish(): void {
    for (const call of this.#calls.all) {
      if (call.settled === undefined) continue
      const index = differentBits(call.settled, call.values)
      if (index !== -1) {
        throw new Violation(
          'nothing lost',
          `the array of ${call.voice.peer}, ${call.outcome} at ${call.endMs.toFixed(1)} ms, was written to afterwards`
        )
      }
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
