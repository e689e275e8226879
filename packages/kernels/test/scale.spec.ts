import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bitsOfFloat, floatOfBits } from '../src/float-bits.ts'
import { scaleForPeak } from '../src/scale.ts'

const LARGEST_BITS = 0x7f7f_ffff

/** Any magnitude; one in two is denormal. */
const anyPeak = fc.oneof(
  fc.integer({ min: 1, max: LARGEST_BITS }),
  fc.integer({ min: 1, max: 0x00ff_ffff })
)

describe.each([127, 7])('the scale of a block for codes up to %i', (codeMax) => {
  const codes = Array.from({ length: codeMax }, (_, index) => index + 1)

  /** Every power of two and its neighbours, and the same for what the largest code and half more make of it. */
  const edges = Array.from({ length: 277 }, (_, index) => 2 ** (index - 149))
    .flatMap((power) => [
      power,
      codeMax * power,
      (codeMax + 0.5) * power,
      codeMax * power * (1 + 2 ** -16)
    ])
    .map(bitsOfFloat)
    .flatMap((bits) => [bits - 1, bits, bits + 1])
    .filter((bits) => bits > 0 && bits <= LARGEST_BITS)

  it('reaches the largest magnitude with codes that there are', () => {
    forPeaks((peak, scale) => {
      expect(peak / scale).toBeLessThan(codeMax + 0.5)
      expect(Math.round(peak / scale) * scale).toBeLessThanOrEqual(floatOfBits(LARGEST_BITS))
    })
  })

  it('wastes nearly nothing where it is normal, and half of the codes at most below', () => {
    forPeaks((peak, scale) => {
      if (peak >= codeMax * 2 ** -133)
        expect(Math.abs(peak / scale / codeMax - 1)).toBeLessThan(2 ** -15)
      else expect(scale === 2 ** -149 || peak / scale >= (codeMax + 0.5) / 2).toBe(true)
    })
  })

  it('has products with all codes that are float32 values exactly', () => {
    forPeaks((_, scale) => {
      const inexact = codes.filter((code) => Math.fround(code * scale) !== code * scale)
      expect(inexact).toEqual([])
    })
  })

  it('lets a float32 division find the same codes as an exact one', () => {
    forPeaks((peak, scale) => {
      const near = codes
        .map((code) => bitsOfFloat((code - 0.5) * scale))
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
      expect(scaleForPeak(bitsOfFloat(decoded), codeMax)).toBe(scale)
    })
  })

  it('is zero for zeros', () => {
    expect(scaleForPeak(0, codeMax)).toBe(0)
  })

  function forPeaks(check: (peak: number, scale: number) => void): void {
    const checkBits = (bits: number): void => check(floatOfBits(bits), scaleForPeak(bits, codeMax))
    edges.forEach(checkBits)
    fc.assert(fc.property(anyPeak, checkBits), { numRuns: 1000 })
  }
})

/** To the nearest integer, ties to even; for quotients up to 128. */
function roundToEven(quotient: number): number {
  const floor = Math.floor(quotient)
  const rest = quotient - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
