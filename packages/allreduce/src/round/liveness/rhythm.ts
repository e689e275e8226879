import { MAX_PATIENCE_MS, MIN_PATIENCE_MS, PATIENCE_MS, RHYTHM_LENGTH } from '../../constants.ts'

/**
 * The run's own pace, and how long a round waits for members that have not
 * joined it: several times the usual interval between rounds, for between rounds
 * a peer may compute as long as the others do.
 */
export class Rhythm {
  readonly #intervals: number[] = []
  #last: number | undefined

  /** A round counts, at this reading of the clock, ms. A round that had to be tried again tells nothing. */
  note(now: number, wasClean: boolean): void {
    if (this.#last !== undefined && wasClean) {
      this.#intervals.push(now - this.#last)
      if (this.#intervals.length > RHYTHM_LENGTH) this.#intervals.shift()
    }
    this.#last = now
  }

  /** ms. Until three intervals are known it is {@link PATIENCE_MS}. */
  get patienceMs(): number {
    if (this.#intervals.length < 3) return PATIENCE_MS
    const sorted = this.#intervals.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0
    const longest = sorted.at(-1) ?? 0
    // a run that evaluates now and then has long intervals among its short ones
    const patience = Math.max(4 * median, 2 * longest)
    return Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, patience))
  }
}
