import type { Counters } from '../counters.ts'
import { Violation } from '../violation.ts'
import type { CallBook } from './call-book.ts'
import { candidates, MAX_CANDIDATES } from './candidates.ts'
import { checkCount, isDenied } from './counted-once.ts'
import type { Mean } from './mean.ts'
import type { Call, RoundRecord } from './records.ts'

/** Ways to pair participants with calls that are tried before a check is given up. */
const MAX_PAIRINGS = 200_000

/** The values of a round are the mean of one call of each participant, which may count in it. */
export class Validity {
  readonly #mean: Mean
  readonly #counters: Counters
  readonly #calls: CallBook

  constructor(mean: Mean, counters: Counters, calls: CallBook) {
    this.#mean = mean
    this.#counters = counters
    this.#calls = calls
  }

  /** Whether the values are the mean of some call of each participant; throws if they are of none. */
  check(round: RoundRecord): void {
    if (round.calls.some(({ voice }) => voice.liar)) return
    // who lies inside a ring can alter its partial sums unseen
    if (round.participants.some((peer) => this.#calls.liars.has(peer))) return
    const options = round.participants.map((peer) => candidates(this.#calls, round, peer))
    const silent = options.findIndex((list) => list.length === 0)
    if (silent !== -1) {
      throw new Violation(
        'validity',
        `${round.participants[silent]} is a participant of round ${round.sequence} and made no call that may count in it`
      )
    }
    // a lossy codec may let several pairings pass: what may be is preferred to what may not
    const likely = options.map((list) => list.filter((call) => !isDenied(call, round)))
    const isLikely = likely.every((list) => list.length > 0)
    const pairing =
      (isLikely ? this.#findPairing(round, likely) : undefined) ?? this.#findPairing(round, options)
    if (pairing === undefined && options.some(({ length }) => length === MAX_CANDIDATES)) {
      // who learns late what was decided may have it from a call that many others came after
      this.#counters.add('checks: given up for too many calls')
      return
    }
    if (pairing === undefined) {
      const [call] = round.calls
      throw new Violation(
        'validity',
        `the values of ${call?.voice.peer}, round ${round.sequence}, are not the mean of ${round.participants.join(' ')}: ${[...round.values.subarray(0, 4)].join(' ')} …, not ${this.#mean.preview(firstOf(options)).join(' ')} …`
      )
    }
    if (pairing === 'too many') {
      this.#counters.add('checks: given up for too many pairings')
      return
    }
    for (const call of pairing) checkCount(call, round, this.#counters)
  }

  #findPairing(
    round: RoundRecord,
    options: readonly (readonly Call[])[]
  ): readonly Call[] | 'too many' | undefined {
    const total = options.reduce((product, list) => product * list.length, 1)
    if (total > MAX_PAIRINGS) return 'too many'
    for (let number = 0; number < total; number++) {
      let rest = number
      const pairing = options.map((list) => {
        const call = list[rest % list.length] as Call
        rest = Math.floor(rest / list.length)
        return call
      })
      if (this.#mean.isMean(round.values, pairing)) return pairing
    }
    return undefined
  }
}

function firstOf(options: readonly (readonly Call[])[]): Call[] {
  return options.flatMap(([call]) => (call === undefined ? [] : [call]))
}
