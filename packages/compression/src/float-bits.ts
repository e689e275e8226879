const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The IEEE 754 bits of a number rounded to float32. */
export function bitsOfFloat(value: number): number {
  float[0] = value
  return bits[0]!
}

/** The float32 with these IEEE 754 bits. */
export function floatOfBits(value: number): number {
  bits[0] = value
  return float[0]!
}

/** A float32 array as the integers that its bits are; no copy. */
export function bitsOfFloats(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length)
}

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
