/** @throws {RangeError} unless both have the same length */
export function requireSameLength(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) {
    throw new RangeError(`arrays of ${a.length} and ${b.length} values do not go together`)
  }
}

/** @throws {RangeError} if the array is shorter than `needed` */
export function requireRoom(array: ArrayLike<number>, needed: number): void {
  if (array.length < needed) {
    throw new RangeError(`an array of ${array.length} is too short: ${needed} are needed`)
  }
}

/** @throws {RangeError} unless it is a whole number above zero */
export function requireBlockLength(length: number): void {
  if (!Number.isInteger(length) || length < 1) {
    throw new RangeError(`a block has a whole number of values, at least 1, not ${length}`)
  }
}

/** @throws {RangeError} for a negative threshold or NaN */
export function requireThreshold(threshold: number): void {
  if (!(threshold >= 0)) {
    throw new RangeError(`a threshold is a magnitude, zero or more, not ${threshold}`)
  }
}

/** @throws {RangeError} unless it is a whole number, zero or more */
export function requireLength(length: number): void {
  if (!Number.isInteger(length) || length < 0) {
    throw new RangeError(`a length is a whole number, zero or more, not ${length}`)
  }
}
