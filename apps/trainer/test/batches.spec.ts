import { describe, expect, it } from 'vitest'
import { createBatches } from '../src/batches.ts'
import { PIXELS, SIDE } from '../src/constants.ts'
import type { Examples } from '../src/digits.ts'
import { createSequence } from '../src/random.ts'

/** Example `i` has one pixel of ink `(i + 1) / length` in the middle and shows `i % 10`. */
function dots(length: number): Examples {
  const pixels = new Float32Array(length * PIXELS)
  for (let i = 0; i < length; i++) pixels[i * PIXELS + 14 * SIDE + 14] = (i + 1) / length
  return { length, pixels, labels: Uint8Array.from({ length }, (_, i) => i % 10) }
}

describe('batches', () => {
  it('go through all examples before any comes again, with the right labels', () => {
    const next = createBatches(dots(40), 8, createSequence(5))
    for (let epoch = 0; epoch < 3; epoch++) {
      const seen: number[] = []
      for (let i = 0; i < 5; i++) {
        const { pixels, targets, length } = next()
        expect(length).toBe(8)
        for (let j = 0; j < length; j++) {
          const digit = pixels.subarray(j * PIXELS, (j + 1) * PIXELS)
          const example = Math.round(Math.max(...digit) * 40) - 1
          const target = targets.subarray(j * 10, (j + 1) * 10)
          expect(target.indexOf(1)).toBe(example % 10)
          expect(target.reduce((sum, value) => sum + value)).toBe(1)
          seen.push(example)
        }
      }
      expect(seen.toSorted((a, b) => a - b)).toEqual([...Array(40).keys()])
    }
  })

  it('shift a digit by at most a pixel each way, in all nine ways', () => {
    const next = createBatches(dots(1), 1, createSequence(6))
    const places = new Set<string>()
    for (let i = 0; i < 500; i++) {
      const { pixels } = next()
      const place = pixels.indexOf(1)
      places.add(`${Math.floor(place / SIDE) - 14},${(place % SIDE) - 14}`)
    }
    const ways = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => `${down},${right}`))
    expect([...places].toSorted()).toEqual(ways.toSorted())
  })

  it('lose what leaves the frame and never wrap it around', () => {
    const full = { ...dots(1), pixels: new Float32Array(PIXELS).fill(1) }
    const next = createBatches(full, 1, createSequence(7))
    for (let i = 0; i < 200; i++) {
      const { pixels } = next()
      const inside = Array.from({ length: PIXELS }, (_, p) => p).filter((p) => {
        const [row, column] = [Math.floor(p / SIDE), p % SIDE]
        return row > 0 && row < SIDE - 1 && column > 0 && column < SIDE - 1
      })
      expect(inside.every((p) => pixels[p] === 1)).toBe(true)
      const ink = pixels.reduce((sum, value) => sum + value)
      expect([28 * 28, 28 * 27, 27 * 27]).toContain(ink)
    }
  })

  it('are the same for the same seed and different for another stream', () => {
    const draw = (seed: number, stream: number): number[] => [
      ...createBatches(dots(30), 4, createSequence(seed, stream))().pixels
    ]
    expect(draw(1, 2)).toEqual(draw(1, 2))
    expect(draw(1, 2)).not.toEqual(draw(1, 3))
    expect(draw(1, 2)).not.toEqual(draw(2, 2))
  })

  it('are as large as the examples at most', () => {
    expect(createBatches(dots(3), 64, createSequence(1))().length).toBe(3)
  })
})
