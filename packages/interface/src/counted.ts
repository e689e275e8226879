/**
 * Bytes of which only the number counts: none exist. A simulated network that
 * knows them charges their passage as if they did and delivers none; so a swarm
 * of thousands can be simulated without its values. No other network can carry
 * them.
 */
export class CountedBytes extends Uint8Array {
  /** How many bytes these stand for. */
  readonly counted: number

  constructor(counted: number) {
    super(0)
    this.counted = counted
  }

  /** A view of nothing is nothing: array methods make plain arrays. */
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array
  }
}

/**
 * Stands for so many bytes.
 *
 * @throws {RangeError} unless `length` is a whole number of at least 0
 */
export function countedBytes(length: number): CountedBytes {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new RangeError(`a number of bytes is a whole number of at least 0, not ${length}`)
  }
  return new CountedBytes(length)
}
