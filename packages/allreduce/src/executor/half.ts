/**
 * Half-precision numbers as bits: IEEE 754 binary16 (`float16`) and the upper
 * half of binary32 (`bfloat16`).
 */
export type HalfType = 'float16' | 'bfloat16'

/** Float32 values of the bits; exact. Equal lengths. */
export function widen(type: HalfType, bits: Uint16Array, into: Float32Array): void {
  if (type === 'float16') widenFloat16(bits, into)
  else widenBfloat16(bits, into)
}

/** Bits of float32 values, rounded to nearest, ties to even; beyond the range, infinity. */
export function narrow(type: HalfType, values: Float32Array, into: Uint16Array): void {
  if (type === 'float16') narrowFloat16(values, into)
  else narrowBfloat16(values, into)
}

/** Index of the first NaN or infinity, or -1. */
export function findNonFiniteHalf(type: HalfType, bits: Uint16Array): number {
  const exponent = type === 'float16' ? 0x7c00 : 0x7f80
  const length = bits.length
  for (let i = 0; i < length; i++) {
    if (((bits[i] as number) & exponent) === exponent) return i
  }
  return -1
}

/**
 * Ten bits of fraction and five of exponent, put where float32 has them, are the
 * value times 2^-112, subnormal ones included; so one multiplication is exact.
 */
function widenFloat16(bits: Uint16Array, into: Float32Array): void {
  const out = bitsOf(into)
  const length = bits.length
  for (let i = 0; i < length; i++) {
    const half = bits[i] as number
    const magnitude = half & 0x7fff
    if (magnitude >= 0x7c00) out[i] = 0x7f80_0000 | ((half & 0x3ff) << 13)
    else {
      out[i] = magnitude << 13
      into[i] = (into[i] as number) * 2 ** 112
    }
    if (half !== magnitude) out[i] = (out[i] as number) | 0x8000_0000
  }
}

function widenBfloat16(bits: Uint16Array, into: Float32Array): void {
  const out = bitsOf(into)
  const length = bits.length
  for (let i = 0; i < length; i++) out[i] = (bits[i] as number) << 16
}

/** Where float16 overflows whatever the rounding, where it is normal, and 0.5, as float32 bits. */
const TOO_LARGE = (127 + 16) << 23
const NORMAL = (127 - 14) << 23
const ONE_HALF = 126 << 23
/** Subtracts the difference of the exponents' biases and adds just under half of the last place. */
const REBIAS = ((15 - 127) << 23) + 0xfff

/**
 * Adding 0xfff, and one more where the kept part is odd, carries into the kept
 * bits exactly when round-to-even goes up. A subnormal result is rounded by the
 * adder itself: the last place of 0.5 in float32 is the smallest float16.
 */
function narrowFloat16(values: Float32Array, into: Uint16Array): void {
  const bits = bitsOf(values)
  const length = values.length
  for (let i = 0; i < length; i++) {
    const all = bits[i] as number
    const magnitude = all & 0x7fff_ffff
    let half: number
    if (magnitude > 0x7f80_0000) half = 0x7e00 | ((magnitude >> 13) & 0x1ff)
    else if (magnitude >= TOO_LARGE) half = 0x7c00
    else if (magnitude >= NORMAL) half = (magnitude + REBIAS + ((magnitude >> 13) & 1)) >> 13
    else {
      rounding[0] = Math.abs(values[i] as number) + 0.5
      half = (roundingBits[0] as number) - ONE_HALF
    }
    into[i] = half | ((all >>> 16) & 0x8000)
  }
}

function narrowBfloat16(values: Float32Array, into: Uint16Array): void {
  const bits = bitsOf(values)
  const length = values.length
  for (let i = 0; i < length; i++) {
    const all = bits[i] as number
    const isNaN = (all & 0x7fff_ffff) > 0x7f80_0000
    into[i] = isNaN ? (all >>> 16) | 0x40 : (all + 0x7fff + ((all >>> 16) & 1)) >>> 16
  }
}

const rounding = new Float32Array(1)
const roundingBits = new Int32Array(rounding.buffer)

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length)
}
