import type { Kernels } from '@daa-compute/kernels'

import { FLOAT_LENGTH } from './constants.ts'
import { bytesOfFloats } from './float-bits.ts'

/** Values checked at a time where their bytes have to be moved to an aligned place first. */
const MOVED_VALUES = 1024

/**
 * Finds the first float32 among bytes that is infinite or NaN.
 *
 * @param bytes little-endian float32 values, at any address
 * @returns its index, or -1 when all values are finite
 */
export function findNonFiniteBytes(kernels: Kernels, bytes: Uint8Array): number {
  const count = Math.floor(bytes.length / FLOAT_LENGTH)
  if (bytes.byteOffset % FLOAT_LENGTH === 0) {
    return kernels.findNonFinite(new Float32Array(bytes.buffer, bytes.byteOffset, count))
  }
  const moved = new Float32Array(Math.min(count, MOVED_VALUES))
  const movedBytes = bytesOfFloats(moved)
  for (let start = 0; start < count; start += MOVED_VALUES) {
    const length = Math.min(MOVED_VALUES, count - start)
    movedBytes.set(bytes.subarray(start * FLOAT_LENGTH, (start + length) * FLOAT_LENGTH))
    const index = kernels.findNonFinite(moved.subarray(0, length))
    if (index >= 0) return start + index
  }
  return -1
}
