import { describe, expect, it } from 'vitest'
import { createGenerator, createRandom } from '../src/random.ts'

describe('random', () => {
  it('is xoshiro128**, as its authors wrote it', () => {
    const state = [1, 2, 3, 4] as const
    const bytes = createGenerator(state).fill(new Uint8Array(4 * 1000))
    const view = new DataView(bytes.buffer)
    const reference = xoshiro(state.map(BigInt))
    for (let word = 0; word < 1000; word++) {
      expect(view.getUint32(word * 4, true)).toBe(Number(reference()))
    }
    // the first word by hand: rotl(2 · 5, 7) · 9
    expect(view.getUint32(0, true)).toBe(11520)
  })

  it('gives each stream numbers of its own, and always the same', () => {
    const first = Array.from({ length: 10_000 }, (_, index) => createRandom(`s ${index}`).next())
    expect(new Set(first).size).toBe(first.length)
    expect(createRandom('s 7').next()).toBe(first[7])
  })

  it('is even: in one stream, over streams, and bit by bit', () => {
    const one = createRandom('even')
    expectEven(Array.from({ length: 20_000 }, () => one.next()))
    expectEven(Array.from({ length: 20_000 }, (_, index) => createRandom(`${index}`).next()))
    const bytes = one.fill(new Uint8Array(20_000))
    expectEven(Array.from(bytes, (byte) => byte / 256))
  })

  it('fills any length, and the low end of a longer fill is the shorter one', () => {
    const long = createRandom('fill').fill(new Uint8Array(17))
    for (let length = 0; length <= 17; length++) {
      expect(createRandom('fill').fill(new Uint8Array(length))).toEqual(long.slice(0, length))
    }
  })
})

/** Chi-square over 16 bins: 15 degrees of freedom exceed 45 once in 10,000 samples. */
function expectEven(values: readonly number[]): void {
  const bins = Array.from({ length: 16 }, () => 0)
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(0)
    expect(value).toBeLessThan(1)
    bins[Math.floor(value * 16)]! += 1
  }
  const expected = values.length / 16
  const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  expect(chiSquare).toBeLessThan(45)
}

/** The published algorithm in big integers, which hide no overflow. */
function xoshiro(state: bigint[]): () => bigint {
  const mask = 0xffffffffn
  const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & mask
  return () => {
    const [s0, s1, s2, s3] = state as [bigint, bigint, bigint, bigint]
    const result = (rotate((s1 * 5n) & mask, 7n) * 9n) & mask
    const t2 = s2 ^ s0
    const t3 = s3 ^ s1
    state[1] = s1 ^ t2
    state[0] = s0 ^ t3
    state[2] = t2 ^ ((s1 << 9n) & mask)
    state[3] = rotate(t3, 11n)
    return result
  }
}
