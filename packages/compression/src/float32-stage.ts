import { FLOAT_LENGTH } from './constants.ts'
import { findNonFinite } from './finite-kernel.ts'
import { bitsOfFloats } from './float-bits.ts'
import type { ValueStage } from './value-stage.ts'

/** Values checked at a time where their bytes have to be moved to an aligned place first. */
const MOVED_VALUES = 1024

/** The values as they are, in little-endian order. */
export const float32Stage: ValueStage = {
  name: 'float32',
  id: 1,
  blockExponent: 0,
  lossless: true,
  encodedLength: (count) => count * FLOAT_LENGTH,
  encode(values, out) {
    const index = findNonFinite(bitsOfFloats(values))
    if (index < 0) out.set(bytesOf(values))
    return index
  },
  findFault(bytes) {
    const index = findNonFiniteBytes(bytes)
    return index < 0 ? undefined : `value ${index} is not finite`
  },
  decode(bytes, out) {
    bytesOf(out).set(bytes)
  }
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** @param bytes little-endian float32 values, at any address */
function findNonFiniteBytes(bytes: Uint8Array): number {
  const count = bytes.length / FLOAT_LENGTH
  if (bytes.byteOffset % FLOAT_LENGTH === 0) {
    return findNonFinite(new Int32Array(bytes.buffer, bytes.byteOffset, count))
  }
  const moved = new Int32Array(Math.min(count, MOVED_VALUES))
  const movedBytes = new Uint8Array(moved.buffer)
  for (let start = 0; start < count; start += MOVED_VALUES) {
    const length = Math.min(MOVED_VALUES, count - start)
    movedBytes.set(bytes.subarray(start * FLOAT_LENGTH, (start + length) * FLOAT_LENGTH))
    const index = findNonFinite(moved.subarray(0, length))
    if (index >= 0) return start + index
  }
  return -1
}
