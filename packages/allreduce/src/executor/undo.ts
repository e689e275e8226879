import type { Range } from '../schedule/partition.ts'
import { bytesOf, isCounted, type Tensor } from './tensor.ts'

const NOTHING = new Uint8Array(0)

/**
 * Keeps the caller's values while a round changes them in place, so that a
 * round that fails leaves them byte for byte as they were.
 *
 * It is the one other full-size buffer of a round: after reduce-scatter and
 * all-gather no element of the input is left in place, and none can be computed
 * back exactly. It fills range by range as the round comes to them. A run uses
 * one for all its rounds, as large as the largest: memory that is new each time
 * costs more in page faults than the copying. For the same reason it owns the
 * float32 sums of the half types.
 */
export class UndoBuffer {
  #copy = NOTHING
  #sums = new Float32Array(0)
  /** Bytes of the values; none of a tensor that is only counted. */
  #bytes: Uint8Array = NOTHING
  #elementLength = 0
  /** In bytes. */
  readonly #saved: Range[] = []

  /** Starts over for a round over `values`. */
  begin(values: Tensor): void {
    this.release()
    if (isCounted(values)) return
    this.#bytes = bytesOf(values)
    this.#elementLength = values.BYTES_PER_ELEMENT
    const length = this.#bytes.length
    if (this.#copy.length < length) this.#copy = new Uint8Array(length)
  }

  /** Keeps the elements from `start` to before `end`; call it before the first change of them. */
  save(start: number, end: number): void {
    const from = start * this.#elementLength
    const to = end * this.#elementLength
    this.#copy.set(this.#bytes.subarray(from, to), from)
    this.#saved.push({ start: from, end: to })
  }

  /** Puts back everything that was saved, and forgets the values. */
  restore(): void {
    for (const { start, end } of this.#saved) this.#putBack(start, end)
    this.release()
  }

  /**
   * Puts back what was saved outside of these ranges of elements, which ascend
   * and do not overlap. What is saved stays so.
   */
  restoreAround(ranges: readonly Range[]): void {
    for (const saved of this.#saved) {
      let from = saved.start
      for (const range of ranges) {
        const start = range.start * this.#elementLength
        const end = range.end * this.#elementLength
        if (end <= from || start >= saved.end) continue
        this.#putBack(from, start)
        from = Math.max(from, end)
      }
      this.#putBack(from, saved.end)
    }
  }

  /** Accepts the changes: forgets the values, keeps the memory for the next round. */
  release(): void {
    this.#bytes = NOTHING
    this.#saved.length = 0
  }

  /** Memory for sums that are not made in place; whatever was in it is lost. */
  sums(length: number): Float32Array {
    if (this.#sums.length < length) this.#sums = new Float32Array(length)
    return this.#sums.subarray(0, length)
  }

  #putBack(start: number, end: number): void {
    if (start < end) this.#bytes.set(this.#copy.subarray(start, end), start)
  }
}
