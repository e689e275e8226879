import { MAX_WINDOW, MIN_WINDOW } from '../constants.ts'

/** Share of the latest measurement in an average. */
const RECENT = 0.25

/** How fast blocks come from one donor, and how many to have on their way. */
export class Pace {
  /** Blocks on their way: their places in the object, in the order in which they were asked for. */
  readonly outstanding: Map<number, number> = new Map()
  #intervalMs: number | undefined
  #delayMs = Infinity
  #lastMs: number

  constructor(nowMs: number) {
    this.#lastMs = nowMs
  }

  /** ms between blocks, as long as there are some on their way. */
  get intervalMs(): number | undefined {
    return this.#intervalMs
  }

  /** When the last block came, or was asked for when there was none on its way. */
  get lastMs(): number {
    return this.#lastMs
  }

  asked(index: number, nowMs: number): void {
    if (this.outstanding.size === 0) this.#lastMs = nowMs
    this.outstanding.set(index, nowMs)
  }

  /** @param isWhole whether it is as long as others: the last one of an object says nothing of them */
  arrived(index: number, nowMs: number, isWhole: boolean): void {
    const askedAt = this.outstanding.get(index)
    if (askedAt === undefined) return
    this.outstanding.delete(index)
    if (!isWhole) {
      this.#lastMs = nowMs
      return
    }
    this.#delayMs = Math.min(this.#delayMs, nowMs - askedAt)
    const interval = nowMs - this.#lastMs
    this.#intervalMs =
      this.#intervalMs === undefined
        ? interval
        : this.#intervalMs * (1 - RECENT) + interval * RECENT
    this.#lastMs = nowMs
  }

  /**
   * Twice what is on its way when the line is just busy: the least delay over the
   * interval between blocks. As that grows with the window until the line is
   * full, the window finds its size by itself.
   */
  get window(): number {
    if (this.#intervalMs === undefined) return MIN_WINDOW
    const busy = Math.ceil((2 * this.#delayMs) / Math.max(this.#intervalMs, 0.01))
    return Math.max(MIN_WINDOW, Math.min(MAX_WINDOW, busy))
  }

  /** In how many ms a block that is asked for now is to be expected. */
  get expectNext(): number {
    return (this.#intervalMs ?? Infinity) * (this.outstanding.size + 1) + this.#delayMs
  }

  /** In how many ms the n-th block from now is to be expected. */
  expect(position: number, nowMs: number): number {
    const silence = nowMs - this.#lastMs
    const interval = this.#intervalMs ?? silence
    // whoever is silent for longer than usual is as slow as that
    return Math.max(interval, silence) * position
  }
}
