/** One piece of memory for several arrays. */
export interface Arena {
  /** Bytes that are not given out yet. */
  readonly free: number

  /**
   * An array of zeros.
   *
   * @param length in values
   * @throws {RangeError} when fewer than `4 · length` bytes are free
   */
  floats(length: number): Float32Array<ArrayBuffer>

  /**
   * An array of zeros.
   *
   * @throws {RangeError} when fewer than `length` are free
   */
  bytes(length: number): Uint8Array<ArrayBuffer>
}

/** Where arrays begin: a cache line, and a multiple of what any vector needs. */
const ALIGNMENT = 64

/** Gives out the bytes of `buffer` from `start` on, which is a multiple of 64. */
export function arenaOver(buffer: ArrayBuffer, start: number): Arena {
  let at = start
  const take = (byteLength: number): number => {
    const taken = at
    if (taken + byteLength > buffer.byteLength) {
      throw new RangeError(
        `an arena with ${buffer.byteLength - taken} bytes left has no room for ${byteLength}`
      )
    }
    at = roundUp(taken + byteLength)
    return taken
  }
  return {
    get free() {
      return Math.max(0, buffer.byteLength - at)
    },
    floats: (length) => new Float32Array(buffer, take(4 * length), length),
    bytes: (length) => new Uint8Array(buffer, take(length), length)
  }
}

/** The next multiple of 64. */
export function roundUp(byteLength: number): number {
  return Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT
}
