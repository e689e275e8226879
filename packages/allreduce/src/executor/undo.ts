/**
 * Keeps the caller's values while a round changes them in place, so that a
 * round that fails leaves them byte for byte as they were.
 *
 * It is the one other full-size buffer of a round: after reduce-scatter and
 * all-gather no element of the input is left in place, and none can be computed
 * back exactly. It fills range by range as the round comes to them. A run uses
 * one for all its rounds, as large as the largest: memory that is new each time
 * costs more in page faults than the copying.
 */
export class UndoBuffer {
  #copy: Float32Array = new Float32Array(0)
  #values: Float32Array = new Float32Array(0)
  readonly #saved: { start: number; end: number }[] = []

  /** Starts over for a round over `values`. */
  begin(values: Float32Array): void {
    if (this.#copy.length < values.length) this.#copy = new Float32Array(values.length)
    this.#values = values
    this.#saved.length = 0
  }

  /** Keeps the elements from `start` to before `end`; call it before the first change of them. */
  save(start: number, end: number): void {
    this.#copy.set(this.#values.subarray(start, end), start)
    this.#saved.push({ start, end })
  }

  /** Puts back everything that was saved, and forgets the values. */
  restore(): void {
    for (const { start, end } of this.#saved) {
      this.#values.set(this.#copy.subarray(start, end), start)
    }
    this.release()
  }

  /** Accepts the changes: forgets the values, keeps the memory for the next round. */
  release(): void {
    this.#values = new Float32Array(0)
    this.#saved.length = 0
  }
}
