import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { PIXELS } from '../src/constants.ts'
import { readDigits, shardByDigit, splitDigits, type Examples } from '../src/digits.ts'

let digits: Examples

beforeAll(async () => {
  digits = await readDigits()
})

/** Examples whose first pixel is their own number, so that each can be told from all others. */
function numbered(length: number): Examples {
  const pixels = new Float32Array(length * PIXELS)
  for (let i = 0; i < length; i++) pixels[i * PIXELS] = i
  const labels = Uint8Array.from({ length }, (_, i) => Math.floor((i * 10) / length))
  return { length, pixels, labels }
}

function numbers({ length, pixels }: Examples): number[] {
  return Array.from({ length }, (_, i) => pixels[i * PIXELS] ?? Number.NaN)
}

describe('the data set', () => {
  it('has 10,000 digits of each kind, with pixels from paper to ink', () => {
    expect(digits.length).toBe(10_000)
    expect(digits.pixels).toHaveLength(10_000 * PIXELS)
    expect(new Set(digits.labels).size).toBe(10)
    expect(digits.pixels.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true)
    expect(digits.pixels.some((pixel) => pixel > 0.9)).toBe(true)
  })

  it('holds out 2,000, a fifth of each label, the same each time', () => {
    const { train, test } = splitDigits(digits)
    expect([train.length, test.length]).toEqual([8_000, 2_000])
    for (let label = 0; label < 10; label++) {
      const all = digits.labels.filter((other) => other === label).length
      const held = test.labels.filter((other) => other === label).length
      expect(Math.abs(held - all / 5)).toBeLessThanOrEqual(1)
    }
    expect(splitDigits(digits).test.pixels).toEqual(test.pixels)
  })

  it('puts each digit either in the training or in the test', () => {
    const all = numbered(1_000)
    const { train, test } = splitDigits(all)
    expect([...numbers(train), ...numbers(test)].toSorted((a, b) => a - b)).toEqual(numbers(all))
    for (const side of [train, test]) {
      const labels = numbers(side).map((number) => all.labels[number])
      expect(labels).toEqual([...side.labels])
    }
  })
})

describe('shards by digit', () => {
  it('gives four peers different digits, and none of them all', () => {
    const { train } = splitDigits(digits)
    const shards = [0, 1, 2, 3].map((index) => shardByDigit(train, index, 4))
    expect(shards.map(({ labels }) => [...new Set(labels)])).toEqual([
      [0, 4, 8],
      [1, 5, 9],
      [2, 6],
      [3, 7]
    ])
  })

  it('gives every example to exactly one peer, whatever their number', () => {
    const all = numbered(200)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (count) => {
        const shards = Array.from({ length: count }, (_, index) => shardByDigit(all, index, count))
        const given = shards.flatMap(numbers).toSorted((a, b) => a - b)
        expect(given).toEqual(numbers(all))
        if (count > 1) {
          for (const { labels } of shards) expect(new Set(labels).size).toBeLessThan(10)
        }
      })
    )
  })

  it('shares a digit evenly among those who have it', () => {
    const all = numbered(600)
    const sizes = Array.from({ length: 25 }, (_, index) => shardByDigit(all, index, 25).length)
    // 60 of each digit: digits 0 to 4 among three peers, the others among two
    expect(sizes).toEqual([...sizes.keys()].map((index) => (index % 10 < 5 ? 20 : 30)))
  })

  it.each([
    [4, 4],
    [-1, 4],
    [0.5, 4],
    [0, 0],
    [Number.NaN, 4],
    [0, 2.5]
  ])('refuses shard %d of %d', (index, count) => {
    expect(() => shardByDigit(numbered(20), index, count)).toThrow(
      expect.objectContaining({ code: 'BAD_SHARD', detail: { index, count } })
    )
  })

  it('refuses a shard without examples', () => {
    expect(() => shardByDigit(numbered(20), 29, 30)).toThrow(/more peers than examples/)
  })
})
