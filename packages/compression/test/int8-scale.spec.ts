import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bitsOfFloat, floatOfBits } from '../src/float-bits.ts'
import { scaleForPeak } from '../src/int8-scale.ts'

const LARGEST_BITS = 0x7f7f_ffff

const CODES = Array.from({ length: 127 }, (_, index) => index + 1)

/** Every power of two and its neighbours, and the same for multiples of 127 and 127.5. */
const edges = Array.from({ length: 277 }, (_, index) => 2 ** (index - 149))
  .flatMap((power) => [power, 127 * power, 127.5 * power, 127 * power * (1 + 2 ** -16)])
  .map(bitsOfFloat)
  .flatMap((bits) => [bits - 1, bits, bits + 1])
  .filter((bits) => bits > 0 && bits <= LARGEST_BITS)

/** Any magnitude; one in two is denormal. */
const anyPeak = fc.oneof(
  fc.integer({ min: 1, max: LARGEST_BITS }),
  fc.integer({ min: 1, max: 0x00ff_ffff })
)

describe('the scale of a block', () => {
  it('reaches the largest magnitude with codes up to 127', () => {
    forPeaks((peak, scale) => {
      expect(peak / scale).toBeLessThan(127.5)
      expect(Math.round(peak / scale) * scale).toBeLessThanOrEqual(floatOfBits(LARGEST_BITS))
    })
  })

  it('wastes nearly nothing where it is normal, and half of the codes at most below', () => {
    forPeaks((peak, scale) => {
      if (peak >= 127 * 2 ** -133) expect(Math.abs(peak / scale / 127 - 1)).toBeLessThan(2 ** -15)
      else expect(scale === 2 ** -149 || peak / scale >= 63.75).toBe(true)
    })
  })

  it('has products with all codes that are float32 values exactly', () => {
    forPeaks((_, scale) => {
      const inexact = CODES.filter((code) => Math.fround(code * scale) !== code * scale)
      expect(inexact).toEqual([])
    })
  })

  it('lets a float32 division find the same codes as an exact one', () => {
    forPeaks((peak, scale) => {
      const near = CODES.map((code) => bitsOfFloat((code - 0.5) * scale))
        .flatMap((bits) => [bits - 1, bits, bits + 1])
        .map(floatOfBits)
      const differing = near.filter(
        (value) =>
          value >= 0 &&
          value <= peak &&
          roundToEven(Math.fround(value / scale)) !== roundToEven(value / scale)
      )
      expect(differing).toEqual([])
    })
  })

  it('is found again from the largest magnitude that was decoded', () => {
    forPeaks((peak, scale) => {
      const decoded = Math.round(peak / scale) * scale
      expect(scaleForPeak(bitsOfFloat(decoded))).toBe(scale)
    })
  })

  it('is zero for zeros', () => {
    expect(scaleForPeak(0)).toBe(0)
  })
})

function forPeaks(check: (peak: number, scale: number) => void): void {
  const checkBits = (bits: number): void => check(floatOfBits(bits), scaleForPeak(bits))
  edges.forEach(checkBits)
  fc.assert(fc.property(anyPeak, checkBits), { numRuns: 1000 })
}

/** To the nearest integer, ties to even; for quotients up to 128. */
function roundToEven(quotient: number): number {
  const floor = Math.floor(quotient)
  const rest = quotient - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
