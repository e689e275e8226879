import { TILE_LENGTH } from './constants.ts'

/** Memory that a synchronous call needs until it returns. */
export interface Scratch {
  /** Memory of this many bytes, with anything in it, until the next call. */
  take(length: number): Uint8Array
}

/** Keeps up to {@link TILE_LENGTH} bytes between calls; more than that is let go of. */
export function createScratch(): Scratch {
  let kept = new Uint8Array(0)
  return {
    take(length) {
      if (length <= kept.length) return kept.subarray(0, length)
      const memory = new Uint8Array(length)
      if (length <= KEPT_LENGTH) kept = memory
      return memory
    }
  }
}

/** Compressed tiles may be a little longer than tiles. */
const KEPT_LENGTH = TILE_LENGTH + (TILE_LENGTH >>> 3)
