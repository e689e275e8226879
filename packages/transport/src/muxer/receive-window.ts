import { GROW_WITHIN_ROUND_TRIPS, INITIAL_WINDOW } from './constants.ts'

/**
 * How much the remote may send on a stream.
 *
 * It is told of new room when half the window is used up, so that frames go on
 * coming meanwhile; a word for every frame would cost as much as the frame.
 */
export class ReceiveWindow {
  readonly #max: number
  #size = INITIAL_WINDOW
  #available = INITIAL_WINDOW
  /** When the remote was last told. */
  #updatedAt: number | undefined

  /** @param max how large it may grow, in bytes; it is never smaller than yamux's first window */
  constructor(max: number) {
    this.#max = Math.max(max, INITIAL_WINDOW)
  }

  /** Bytes that may still come. */
  get available(): number {
    return this.#available
  }

  /** @returns whether so many bytes were allowed */
  take(bytes: number): boolean {
    if (bytes > this.#available) return false
    this.#available -= bytes
    return true
  }

  /**
   * To be called when what has come was read.
   *
   * @param now in ms
   * @param roundTripTime in ms; `undefined` if it is not known
   * @returns how many bytes more the remote is to be allowed, 0 for no word
   */
  update(now: number, roundTripTime: number | undefined): number {
    if (this.#available * 2 > this.#size) return 0
    const since = this.#updatedAt === undefined ? 0 : now - this.#updatedAt
    if (roundTripTime !== undefined && since <= GROW_WITHIN_ROUND_TRIPS * roundTripTime) {
      this.#size = Math.min(2 * this.#size, this.#max)
    }
    this.#updatedAt = now
    const more = this.#size - this.#available
    this.#available = this.#size
    return more
  }
}
