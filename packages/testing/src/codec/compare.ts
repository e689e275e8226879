import type { Codec } from '@daa-compute/interface'

/** What a codec makes of values and back. */
export function decode(codec: Codec, values: Float32Array): Float32Array {
  const out = new Float32Array(values.length)
  codec.decode(codec.encode(values), out)
  return out
}

/** What an action throws. @throws when it throws nothing */
export function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('expected an error, none was thrown')
}

/** Compares bits: -0 is not 0. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return sameBytes(
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength)
  )
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

export function allFinite(values: Float32Array): boolean {
  return values.every((value) => Number.isFinite(value))
}
