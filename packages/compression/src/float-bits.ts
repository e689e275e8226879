import { floatOfBits } from '@daa-compute/kernels'

/** The little-endian float32 at any address. */
export function floatAt(bytes: Uint8Array, at: number): number {
  return floatOfBits(
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  )
}

/** The bytes of a float32 array; no copy. */
export function bytesOfFloats(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
