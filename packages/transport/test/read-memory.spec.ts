import { describe, expect, it } from 'vitest'
import { ReadMemory } from '../src/noise/read-memory.ts'

const SLAB = 65_536

/** Records of these lengths one behind the other in slabs, each behind a length of two bytes. */
function recordsIn(slabs: readonly Uint8Array[], lengths: readonly number[]): Uint8Array[][] {
  const pieces: Uint8Array[][] = []
  let slab = 0
  let offset = 0
  const take = (length: number): Uint8Array[] => {
    const taken: Uint8Array[] = []
    let left = length
    while (left > 0) {
      const current = slabs[slab]!
      const count = Math.min(left, current.length - offset)
      taken.push(current.subarray(offset, offset + count))
      left -= count
      offset += count
      if (offset === current.length) {
        slab++
        offset = 0
      }
    }
    return taken
  }
  for (const length of lengths) {
    take(2)
    pieces.push(take(length))
  }
  return pieces
}

const slabsOf = (...lengths: number[]): Uint8Array[] => lengths.map((n) => new Uint8Array(n))
const isDetached = ({ buffer }: Uint8Array): boolean => buffer.byteLength === 0

describe('ReadMemory', () => {
  it('gives back a slab with its last record and not before', () => {
    const slabs = slabsOf(SLAB, SLAB, SLAB)
    const memory = new ReadMemory()
    const given: boolean[][] = []
    for (const record of recordsIn(slabs, [30_000, 30_000, 40_000, 60_000, 5_000])) {
      memory.consumed(record)
      given.push(slabs.map(isDetached))
    }
    expect(given).toEqual([
      [false, false, false],
      [false, false, false],
      [true, false, false],
      [true, true, false],
      [true, true, false]
    ])
  })

  it('copes with lengths that lie across slabs', () => {
    for (const first of [SLAB - 2, SLAB - 3, SLAB - 4]) {
      const slabs = slabsOf(SLAB, SLAB)
      const memory = new ReadMemory()
      const records = recordsIn(slabs, [first, 2 * SLAB - first - 4])
      for (const record of records) memory.consumed(record)
      // where only a length was left of the first slab, no record says that it is done
      expect(isDetached(slabs[1]!)).toBe(true)
    }
  })

  it('leaves alone what others may have a part of', () => {
    const pool = new Uint8Array(SLAB)
    const memory = new ReadMemory()
    memory.consumed([pool.subarray(40_000)])
    expect(isDetached(pool)).toBe(false)
    memory.consumed([pool.subarray(0, 10_000)])
    memory.consumed([pool.subarray(20_000)])
    expect(isDetached(pool)).toBe(false)
  })

  it('leaves small slabs to the collector', () => {
    const [slab] = slabsOf(1000)
    new ReadMemory().consumed([slab!.subarray(2)])
    expect(isDetached(slab!)).toBe(false)
  })
})
