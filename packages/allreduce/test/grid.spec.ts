import { describe, expect, it } from 'vitest'
import { matchmakersOf } from '../src/grid/cells.ts'
import { GridError, type GridInit, type GridResult, joinGrid } from '../src/index.ts'
import { mix } from './grid-mixing.ts'
import { createGridSwarm, digitsOf, type GridMember, sleep } from './grid-swarm.ts'

const SMALL = { groupSize: 4, dimensions: 2 }

function averageAll(members: readonly GridMember[]): Promise<GridResult[]> {
  return Promise.all(members.map(({ grid, values }) => grid.average(values)))
}

/** Peers that fill a grid of 4 by 4, in order. */
function createFull(init: Parameters<typeof createGridSwarm>[2] = {}) {
  const swarm = createGridSwarm(16, SMALL, init)
  const joinAll = () => swarm.joinAll((i) => ({ coordinates: digitsOf(i, 4, 2) }))
  return { ...swarm, joinAll }
}

describe('a full grid', () => {
  it.each([
    [2, 3],
    [4, 2],
    [3, 3]
  ])('of %i along each of %i axes has the exact mean after one round each', async (side, axes) => {
    const size = side ** axes
    const swarm = createGridSwarm(size, { groupSize: side, dimensions: axes })
    await swarm.net.run(async () => {
      await swarm.joinAll((i) => ({ coordinates: digitsOf(i, side, axes) }))
      for (let step = 0; step < axes; step++) {
        for (const [i, result] of (await averageAll(swarm.members)).entries()) {
          expect(result).toMatchObject({ step, axis: step, weight: 1 })
          expect(result.participants).toHaveLength(side)
          expect(result.participants).toContain(swarm.members[i]!.peer.id)
          expect(result.values).toBe(swarm.members[i]!.values)
          // the same bits at all of a group
          const other = swarm.members.find(({ peer }) => peer.id === result.participants[0])!
          expect(result.values).toEqual(other.values)
        }
      }
      const mean = (size - 1) / 2
      for (const { values } of swarm.members) {
        expect(values[0]).toBeCloseTo(mean, 4)
        // where no division rounds
        if (side !== 3) expect(values).toEqual(Float32Array.of(mean, 2 * mean))
      }
    })
  })

  it('has the exact weighted mean, and weights that come to the same', async () => {
    const swarm = createFull()
    await swarm.net.run(async () => {
      await swarm.joinAll()
      const weights = swarm.members.map((_, i) => (i % 5) * 8)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const mean = weights.reduce((sum, weight, i) => sum + weight * i, 0) / total
      await Promise.all(
        swarm.members.map(({ grid, values }, i) => grid.average(values, { weight: weights[i] }))
      )
      const results = await averageAll(swarm.members)
      for (const { values, weight } of results) {
        expect(values[0]).toBeCloseTo(mean, 4)
        expect(weight).toBeCloseTo(total / 16, 3)
      }
    })
  })

  it('stays as it is where nobody has a weight', async () => {
    const swarm = createFull()
    await swarm.net.run(async () => {
      await swarm.joinAll()
      await Promise.all(
        swarm.members.map(({ grid, values }) => grid.average(values, { weight: 0 }))
      )
      for (const [i, { values }] of swarm.members.entries()) {
        expect(values).toEqual(Float32Array.of(i, 2 * i))
      }
    })
  })

  it('has each peer speak with its cell and with matchmakers, and nobody else', async () => {
    const swarm = createFull()
    const partners = new Map<string, Set<string>>()
    swarm.net.onFrame(({ from, to, protocol }) => {
      if (!protocol.startsWith('/daa/allreduce/')) return
      partners.set(from, (partners.get(from) ?? new Set<string>()).add(to))
    })
    await swarm.net.run(async () => {
      await swarm.joinAll()
      for (const { participants } of await averageAll(swarm.members)) {
        for (const peer of participants) {
          const others = participants.filter((other) => other !== peer)
          expect([...(partners.get(peer) ?? [])].toSorted()).toEqual(others.toSorted())
        }
      }
    })
  })
})

describe('a grid whose peers begin anywhere', () => {
  it.each([1, 2, 3])('mixes, though some are absent and some die (seed %i)', async (seed) => {
    const rounds = await mix({
      ...{ groupSize: 4, dimensions: 3, peers: 64, rounds: 6, seed },
      ...{ isPlaced: false, absent: 0.03, crashing: 0.01 }
    })
    // a fourth of the variance is left by a round, at best
    expect(rounds[2]!.spread).toBeLessThan(1 / 5)
    expect(rounds[5]!.spread).toBeLessThan(1 / 25)
    const failures = rounds.reduce((sum, round) => sum + round.failures, 0)
    expect(failures).toBeLessThan(0.03 * 64 * 6)
  })

  it('has groups of a bounded size, however many are in a cell', async () => {
    const swarm = createGridSwarm(23, { groupSize: 4, dimensions: 2 })
    await swarm.net.run(async () => {
      await swarm.joinAll(() => ({ coordinates: [0, 0] }))
      const results = await averageAll(swarm.members)
      const groups = new Set(results.map(({ participants }) => participants.join(' ')))
      const sizes = [...groups].map((group) => group.split(' ').length)
      expect(sizes.toSorted((a, b) => a - b)).toEqual([4, 4, 5, 5, 5])
      // and nobody has the place of a fellow, as far as there are places
      for (const { participants } of results) {
        const places = participants.map(
          (peer) => results[swarm.members.findIndex((one) => one.peer.id === peer)]!.coordinates[0]
        )
        expect(new Set(places).size).toBe(4)
      }
    })
  })
})

describe('a step without a group', () => {
  it('says so, leaves values as they were, and the next goes along the next axis', async () => {
    const swarm = createGridSwarm(3, SMALL)
    await swarm.net.run(async () => {
      // alone along axis 0, two along axis 1
      const places = [
        [0, 0],
        [0, 1],
        [1, 2]
      ]
      await swarm.joinAll((i) => ({ coordinates: places[i]! }))
      const skipped: number[] = []
      swarm.members[0]!.grid.on('skipped', ({ axis }) => skipped.push(axis))
      for (const outcome of await Promise.allSettled(
        swarm.members.map(({ grid, values }) => grid.average(values))
      )) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { name: 'GridError', code: 'NO_GROUP', detail: { step: 0, axis: 0 } }
        })
      }
      expect(skipped).toEqual([0])
      expect(swarm.members.map(({ values }) => values[0])).toEqual([0, 1, 2])
      expect(swarm.members[0]!.grid.explain()).toMatchObject({ state: 'idle', step: 1, axis: 1 })
    })
  })

  it('is not one where the matchmaker is dead, or frozen', async () => {
    for (const fault of ['crash', 'freeze'] as const) {
      const swarm = createFull({ openTimeoutMs: 1000 })
      await swarm.net.run(async () => {
        await swarm.joinAll()
        const ids = swarm.members.map(({ peer }) => peer.id)
        // who brings the cell of the first four together, and is not in it
        const [matchmaker] = matchmakersOf(0, '*,0', ids, 1)
        const index = ids.indexOf(matchmaker!)
        if (index >= 4) swarm.members[index]!.peer[fault]()
        const results = await averageAll(swarm.members.slice(0, 4))
        for (const { participants } of results) expect(participants).toHaveLength(4)
        expect(index).toBeGreaterThanOrEqual(4)
      })
    }
  })

  it('costs a group no more than the member that dies in it', async () => {
    const swarm = createFull()
    await swarm.net.run(async () => {
      await swarm.joinAll()
      const [first, ...others] = swarm.members.slice(0, 4)
      const end = swarm.net.onFrame(({ from, protocol }) => {
        if (from !== first!.peer.id || !protocol.startsWith('/daa/allreduce/data/')) return
        end()
        first!.peer.crash()
      })
      void first!.grid.average(first!.values).catch(() => undefined)
      const results = await averageAll(others)
      for (const { participants, values } of results) {
        expect(participants).toHaveLength(3)
        expect(values[0]).toBe(2)
      }
    })
  })
})

describe('a peer that was away', () => {
  it('goes on where the others are, and so does a newcomer', async () => {
    const swarm = createFull()
    await swarm.net.run(async () => {
      await swarm.joinAll()
      const [away, ...others] = swarm.members
      for (let step = 0; step < 5; step++) {
        await averageAll(others)
        await sleep(swarm.net, 3_000)
      }
      const late = await swarm.add(7, { coordinates: [1, 1] })
      await sleep(swarm.net, 100)
      const results = await averageAll([...others, away!, late])
      for (const { step } of results) expect(step).toBe(5)
      expect(results.at(-1)!.participants.length).toBeGreaterThan(1)
      expect(results.at(-2)!.participants.length).toBeGreaterThan(1)
    })
  })
})

describe('an average', () => {
  it('is given up with its signal, wherever it is', async () => {
    for (const [others, ms] of [
      [0, 500],
      [3, 205],
      [3, 230]
    ] as const) {
      const swarm = createFull()
      await swarm.net.run(async () => {
        await swarm.joinAll()
        const { grid, values } = swarm.members[0]!
        for (const other of swarm.members.slice(1, 1 + others)) {
          void other.grid.average(other.values).catch(() => undefined)
        }
        const giving = new AbortController()
        const averaged = grid.average(values, { signal: giving.signal })
        await sleep(swarm.net, ms)
        giving.abort(new Error('enough'))
        await expect(averaged).rejects.toThrow('enough')
        expect(values).toEqual(Float32Array.of(0, 0))
        expect(grid.explain().state).toBe('idle')
      })
    }
  })

  it('ends when the grid is left, and nothing is left behind', async () => {
    const swarm = createFull()
    await swarm.net.run(async () => {
      await swarm.joinAll()
      const averaging = swarm.members[0]!.grid.average(swarm.members[0]!.values)
      const ended = expect(averaging).rejects.toMatchObject({ code: 'LEFT' })
      await averageAll(swarm.members.slice(4))
      await Promise.all(swarm.members.map(({ grid }) => grid.leave()))
      await ended
      const { grid, values } = swarm.members[5]!
      await expect(grid.average(values)).rejects.toMatchObject({ code: 'LEFT' })
      expect(grid.explain().state).toBe('left')
    })
    await expect(swarm.net.run(() => new Promise(() => undefined))).rejects.toMatchObject({
      code: 'DEADLOCK'
    })
  })

  it('refuses what it cannot average before anybody hears of it', async () => {
    const swarm = createGridSwarm(1, SMALL)
    await swarm.net.run(async () => {
      await swarm.joinAll()
      const { grid, values } = swarm.members[0]!
      const other = new Float64Array(2) as unknown as Float32Array
      await expect(grid.average(other)).rejects.toMatchObject({
        code: 'BAD_DTYPE',
        detail: { actual: 'Float64Array' }
      })
      for (const weight of [-1, Number.NaN, 2 ** 21]) {
        await expect(grid.average(values, { weight })).rejects.toMatchObject({
          code: 'BAD_WEIGHT'
        })
      }
      await expect(grid.average(Float32Array.of(1, Number.NaN))).rejects.toBeInstanceOf(GridError)
      await expect(grid.average(Float32Array.of(1, Infinity))).rejects.toMatchObject({
        code: 'NON_FINITE',
        detail: { index: 1, value: Infinity }
      })
      expect(swarm.net.clock.now()).toBe(100)
    })
  })
})

it.each<Partial<GridInit>>([
  { run: '' },
  { run: 'x'.repeat(97) },
  { groupSize: 1 },
  { groupSize: 65 },
  { groupSize: 2.5 },
  { dimensions: 0 },
  { dimensions: 21 },
  { coordinates: [0] },
  { coordinates: [0, 4] },
  { coordinates: [0, -1] },
  { gatherMs: 0 },
  { gatherMs: Infinity },
  { codec: { name: 'topk:0.01' } as NonNullable<GridInit['codec']> }
])('a grid is not joined with %o', async (options) => {
  const swarm = createGridSwarm(0, SMALL)
  const { connector, clock, random } = swarm.net.addPeer('peer')
  const directory = { peers: () => [], watch: () => () => undefined }
  const init = { run: 'grid', ...{ connector, clock, random, directory }, ...SMALL }
  await expect(joinGrid({ ...init, ...options })).rejects.toThrow(RangeError)
})
