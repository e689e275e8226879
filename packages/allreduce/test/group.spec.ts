import type { Placement } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { GroupError } from '../src/group/errors.ts'
import type { Group } from '../src/group/group.ts'
import { peersOf, sleep } from './group-of.ts'
import { meanOf, sameBits, valuesOf } from './values.ts'

/** Calls the same of every member. */
function each<T>(groups: readonly Group[], call: (group: Group) => Promise<T>): Promise<T[]> {
  return Promise.all(groups.map(call))
}

describe('a group', () => {
  it('means, scatters, gathers, broadcasts and waits', async () => {
    const { net, joinAll, members } = peersOf(4)
    await net.run(async () => {
      const groups = await joinAll()
      const values = groups.map(({ rank }) => valuesOf(rank, 1000))
      const results = await each(groups, (group) => group.allReduce(values[group.rank] ?? fail()))
      for (const [rank, result] of results.entries()) {
        expect(values[rank]).toEqual(meanOf(4, 1000))
        expect(result).toMatchObject({ sequence: 0, range: { start: 0, end: 1000 } })
        expect(result.bytesSent).toBeGreaterThan(2 * 3 * 250 * 4)
        expect(result.durationMs).toBeGreaterThan(0)
      }

      const ones = groups.map(() => new Float64Array(10).fill(1))
      const scattered = await each(groups, (group) =>
        group.reduceScatter(ones[group.rank] ?? fail(), { op: 'sum' })
      )
      expect(scattered.map(({ range }) => range)).toEqual([
        { start: 0, end: 3 },
        { start: 3, end: 6 },
        { start: 6, end: 8 },
        { start: 8, end: 10 }
      ])
      expect(groups[2]?.part(10)).toEqual({ start: 6, end: 8 })
      expect(ones[1]).toEqual(Float64Array.of(1, 1, 1, 4, 4, 4, 1, 1, 1, 1))

      const parts = groups.map(({ rank }) => new Float32Array(6).fill(rank))
      await each(groups, (group) => group.allGather(parts[group.rank] ?? fail()))
      for (const part of parts) expect(part).toEqual(Float32Array.of(0, 0, 1, 1, 2, 3))

      const heard = groups.map(({ rank }) => Float32Array.of(rank === 2 ? 7 : NaN))
      await each(groups, (group) =>
        group.broadcast(heard[group.rank] ?? fail(), { root: members[2] })
      )
      for (const one of heard) expect(one).toEqual(Float32Array.of(7))

      const sequences = await each(groups, (group) => group.barrier())
      expect(sequences.map(({ sequence }) => sequence)).toEqual([4, 4, 4, 4])
      await each(groups, (group) => group.close())
    })
  })

  it('can be of one', async () => {
    const { net, join } = peersOf(1)
    await net.run(async () => {
      await using group = await join(0)
      const values = Float32Array.of(2, 4)
      await group.allReduce(values)
      await group.barrier()
      await group.broadcast({ values })
      expect(values).toEqual(Float32Array.of(2, 4))
    })
  })

  it('reduces named tensors together, whatever order they are given in', async () => {
    const { net, joinAll } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const models = groups.map(({ rank }) => {
        const weight = valuesOf(rank, 500)
        const bias = valuesOf(rank, 7)
        return rank === 1 ? { bias, weight } : { weight, bias }
      })
      await each(groups, (group) => group.allReduce(models[group.rank] ?? fail(), { op: 'mean' }))
      for (const { weight, bias } of models) {
        expect(weight).toEqual(meanOf(3, 500))
        expect(bias).toEqual(meanOf(3, 7))
      }
    })
  })

  it('reduces halves, in every op, and weighs', async () => {
    const { net, joinAll } = peersOf(2)
    await net.run(async () => {
      const groups = await joinAll()
      // 1, 2 and 3 in bfloat16
      const bits = groups.map(({ rank }) => Uint16Array.of(rank === 0 ? 0x3f80 : 0x4040))
      await each(groups, (group) =>
        group.allReduce(bits[group.rank] ?? fail(), { dtype: 'bfloat16', weight: 2 })
      )
      for (const one of bits) expect(one).toEqual(Uint16Array.of(0x4000))
    })
  })

  it('goes by what the cost model finds best of the network', async () => {
    const { net, joinAll } = peersOf(4)
    const near = (a: string, b: string): boolean => a < 'peer-2' === b < 'peer-2'
    const placement: Placement = {
      delayMs: (from, to) => (near(from, to) ? 0.1 : 100),
      bandwidth: (from, to) => (near(from, to) ? 1e9 : 1e7),
      order: (members) => members,
      clusters: (members) => [members.slice(0, 2), members.slice(2)]
    }
    await net.run(async () => {
      const groups = await joinAll({ algorithm: 'auto', placement })
      for (const length of [1, 1000, 1_000_000]) {
        const values = groups.map(({ rank }) => valuesOf(rank, length))
        await each(groups, (group) => group.allReduce(values[group.rank] ?? fail()))
        expect(sameBits(values[3] ?? fail(), meanOf(4, length))).toBe(true)
      }
      await each(groups, (group) => group.barrier())
      await each(groups, (group) => group.broadcast(new Float32Array(1000)))
      await each(groups, (group) => group.allGather(new Float32Array(1000)))
      await each(groups, (group) => group.close())
    })
  })

  it('finds members that know the network otherwise', async () => {
    const { net, join } = peersOf(3)
    await net.run(async () => {
      const delays = [1, 1, 1]
      const groups = await Promise.all(
        delays.map((delayMs, rank) =>
          join(rank, {
            algorithm: 'auto',
            placement: {
              delayMs: () => (rank === 2 ? 500 : delayMs),
              bandwidth: () => (rank === 2 ? 1e12 : 1e6),
              order: (members) => members,
              clusters: (members) => [members]
            }
          })
        )
      )
      const outcomes = await Promise.allSettled(
        groups.map((group) => group.allReduce(new Float32Array(100_000)))
      )
      const codes = outcomes.map((one) =>
        one.status === 'rejected' ? (one.reason as GroupError).code : 'none'
      )
      expect(codes).toContain('REQUEST_MISMATCH')
      expect(codes).not.toContain('none')
    })
  })

  it('says how far it is', async () => {
    const { net, joinAll } = peersOf(2)
    await net.run(async () => {
      const groups = await joinAll()
      const told: [number, number][] = []
      await each(groups, (group) =>
        group.allReduce(valuesOf(group.rank, 50_000), {
          onProgress: (done, total) => {
            if (group.rank === 0) told.push([done, total])
          }
        })
      )
      const total = told.length
      expect(told).toEqual(Array.from({ length: total }, (_, i) => [i + 1, total]))
      expect(total).toBeGreaterThan(6)
    })
  })

  it('keeps the order of a tag', async () => {
    const { net, joinAll } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const order: number[] = []
      const calls = groups.flatMap((group) =>
        [1, 2, 3].map(async (factor) => {
          const values = Float32Array.of(factor * (group.rank + 1))
          await group.allReduce(values, { op: 'sum' })
          if (group.rank === 0) order.push(factor)
          expect(values[0]).toBe(6 * factor)
        })
      )
      await Promise.all(calls)
      expect(order).toEqual([1, 2, 3])
    })
  })

  it('goes on with one tag while another waits for a member', async () => {
    const { net, joinAll, peers } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const large = groups.map(({ rank }) => valuesOf(rank, 2_000_000))
      let held = true
      const early = groups.slice(0, 2).map(async (group) => {
        await group.allReduce(large[group.rank] ?? fail(), { tag: 7 })
        held = false
      })
      // long enough for everything that can move to have filled every window
      await sleep(peers[0], 5_000)
      const small = await each(groups, (group) =>
        group.allReduce(Float32Array.of(group.rank), { tag: 8 })
      )
      expect(held).toBe(true)
      expect(small.every(({ durationMs }) => durationMs < 100)).toBe(true)
      await Promise.all([...early, groups[2]?.allReduce(large[2] ?? fail(), { tag: 7 })])
      expect(large[1]).toEqual(meanOf(3, 2_000_000))
    })
  })

  it('waits with patience for a member that computes', async () => {
    const { net, joinAll, peers } = peersOf(4)
    await net.run(async () => {
      const groups = await joinAll()
      const values = groups.map(({ rank }) => valuesOf(rank, 3000))
      const reduce = (group: Group): Promise<unknown> =>
        group.allReduce(values[group.rank] ?? fail())
      const early = groups.slice(1).map(reduce)
      await sleep(peers[0], 200_000)
      await Promise.all([...early, ...groups.slice(0, 1).map(reduce)])
      expect(values[3]).toEqual(meanOf(4, 3000))
    })
  })

  it('lets nobody leave whom a slower member still needs', async () => {
    const { net, joinAll, peers } = peersOf(3)
    await net.run(async () => {
      const groups = await joinAll()
      const [root, ...others] = groups
      const values = groups.map(({ rank }) => new Float32Array(1000).fill(rank + 1))
      const leaving = root?.broadcast(values[0] ?? fail()).then(() => root.close())
      let left = false
      void leaving?.then(() => (left = true))
      await sleep(peers[2], 3000)
      expect(left).toBe(false)
      await each(others, (group) => group.broadcast(values[group.rank] ?? fail()))
      for (const one of values) expect(one).toEqual(new Float32Array(1000).fill(1))
      await leaving
      await each(others, (group) => group.close())
    })
  })
})

function fail(): never {
  throw new Error('there is no such rank')
}
