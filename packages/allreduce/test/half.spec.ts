import { createSimnet } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { findNonFiniteHalf, type HalfType, narrow, widen } from '../src/executor/half.ts'

const FORMATS = {
  float16: { fraction: 10, bias: 15, infinity: 0x7c00 },
  bfloat16: { fraction: 7, bias: 127, infinity: 0x7f80 }
} as const

/** The value of the bits by the definition of the format. */
function valueOf(type: HalfType, bits: number): number {
  const { fraction, bias, infinity } = FORMATS[type]
  const sign = bits >= 0x8000 ? -1 : 1
  const magnitude = bits & 0x7fff
  if (magnitude === infinity) return sign * Infinity
  if (magnitude > infinity) return NaN
  const exponent = magnitude >> fraction
  const rest = magnitude & ((1 << fraction) - 1)
  if (exponent === 0) return sign * rest * 2 ** (1 - bias - fraction)
  return sign * (1 + rest / 2 ** fraction) * 2 ** (exponent - bias)
}

/** Bits of the nearest value, ties to even, by bisection over all values there are. */
function nearest(type: HalfType, value: number): number {
  const { infinity } = FORMATS[type]
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  let low = 0
  let high: number = infinity
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (valueOf(type, middle) <= magnitude) low = middle
    else high = middle
  }
  const below = valueOf(type, low)
  // where infinity takes over is where the next power of two's neighbour would
  const above = high === infinity ? below + (below - valueOf(type, low - 1)) : valueOf(type, high)
  const [down, up] = [magnitude - below, above - magnitude]
  const goesUp = up < down || (up === down && low % 2 === 1)
  return sign | (goesUp ? high : low)
}

function narrowOne(type: HalfType, value: number): number {
  const out = new Uint16Array(1)
  narrow(type, Float32Array.of(value), out)
  return out[0] ?? -1
}

for (const type of ['float16', 'bfloat16'] as const) {
  const { infinity } = FORMATS[type]

  describe(type, () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)
    const values = new Float32Array(65_536)
    widen(type, all, values)

    it('is what its format says, for every bit pattern', () => {
      const wrong = all.filter(
        (bits) => !Object.is(values[bits], Math.fround(valueOf(type, bits))) && !isNaNBits(bits)
      )
      expect(wrong).toEqual(new Uint16Array())
      expect(all.filter(isNaNBits).every((bits) => Number.isNaN(values[bits]))).toBe(true)
    })

    it('comes back from float32 for every bit pattern', () => {
      const back = new Uint16Array(65_536)
      narrow(type, values, back)
      const wrong = all.filter((bits) => !isNaNBits(bits) && back[bits] !== bits)
      expect(wrong).toEqual(new Uint16Array())
      expect(all.filter(isNaNBits).every((bits) => isNaNBits(back[bits] ?? 0))).toBe(true)
      // not even its payload is lost, but for the bit that keeps it a quiet one
      expect(back[infinity | 0x8043]).toBe(infinity | 0x8043 | (type === 'float16' ? 0x200 : 0x40))
    })

    it('rounds to nearest, ties to even, halfway between and on either side', () => {
      const scratch = new Float32Array(1)
      const bits = new Uint32Array(scratch.buffer)
      for (let low = 0; low < infinity - 1; low++) {
        const middle = (valueOf(type, low) + valueOf(type, low + 1)) / 2
        scratch[0] = middle
        expect(scratch[0]).toBe(middle)
        const even = low + (low % 2)
        const around = [-1, 0, 1].map((step) => {
          scratch[0] = middle
          bits[0] = (bits[0] ?? 0) + step
          return narrowOne(type, scratch[0])
        })
        if (around[0] !== low || around[1] !== even || around[2] !== low + 1) {
          expect({ low, around }).toEqual({ low, around: [low, even, low + 1] })
        }
      }
    })

    it('becomes infinity beyond half a place above the largest', () => {
      const largest = valueOf(type, infinity - 1)
      const place = largest - valueOf(type, infinity - 2)
      const limit = largest + place / 2
      const below = Math.fround(limit - place / 1024)
      expect(narrowOne(type, below)).toBe(infinity - 1)
      expect(narrowOne(type, Math.fround(limit))).toBe(infinity)
      expect(narrowOne(type, -Infinity)).toBe(infinity | 0x8000)
    })

    it('is the nearest of random float32', () => {
      const seed = 20
      const { random } = createSimnet({ seed }).addPeer('any')
      const bits = new Uint32Array(20_000)
      random.fill(new Uint8Array(bits.buffer))
      const floats = new Float32Array(bits.buffer)
      // half of them where float16 has its range
      for (let i = 0; i < floats.length; i += 2)
        floats[i] = (random.next() - 0.5) * 2 ** ((i % 40) - 28)
      const out = new Uint16Array(floats.length)
      narrow(type, floats, out)
      for (const [i, value] of floats.entries()) {
        if (Number.isNaN(value)) expect(isNaNBits(out[i] ?? 0)).toBe(true)
        else if (out[i] !== nearest(type, value)) {
          expect.fail(`seed ${seed}: ${value} became ${out[i]}, not ${nearest(type, value)}`)
        }
      }
    })

    it('finds the first that is not finite', () => {
      for (const bad of [infinity, infinity | 0x8000, infinity | 1]) {
        const bits = Uint16Array.of(0, infinity - 1, 0x8001, bad, infinity)
        expect(findNonFiniteHalf(type, bits)).toBe(3)
      }
      expect(findNonFiniteHalf(type, Uint16Array.of(0, infinity - 1, 0xffff & ~infinity))).toBe(-1)
    })

    function isNaNBits(bits: number): boolean {
      return (bits & 0x7fff) > infinity
    }
  })
}
