import type { Algorithm } from '@daa-compute/interface'
import { createSimnet } from '@daa-compute/simnet'
import { expect, it } from 'vitest'
import type { Group } from '../src/group/group.ts'
import { peersOf, sleep } from './group-of.ts'
import { meanOf, sameBits, valuesOf } from './values.ts'

const ALGORITHMS: readonly Algorithm[] = ['ring', 'tree', 'butterfly', 'hierarchical', 'direct']
const SEEDS = 60
/** Real time that a test may take, in ms: everything in it happens in virtual time. */
const LIMIT_MS = 60_000

it(
  'whatever happens, every operation settles, and its values are the mean or the caller’s',
  async () => {
    let good = 0
    let bad = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        const { succeeded, failed } = await storm(seed)
        good += succeeded
        bad += failed
      } catch (cause) {
        throw new Error(`seed ${seed}`, { cause })
      }
    }
    // a storm in which nothing or everything fails shows nothing
    expect(good).toBeGreaterThan(SEEDS)
    expect(bad).toBeGreaterThan(SEEDS)
  },
  LIMIT_MS
)

it(
  'a member that gives up changes nothing of what is on its way to others',
  async () => {
    const length = 100_000
    const wrong: string[] = []
    for (let seed = 1; seed <= 40; seed++) {
      const { random } = createSimnet({ seed }).addPeer('fate')
      // the news that it gave up may well come later than a frame that waited for room
      const latencyMs = { min: 1, max: 100 }
      const { net, peers, joinAll } = peersOf(2, { seed, latencyMs, windowLength: 1000 })
      await net.run(async () => {
        const groups = await joinAll()
        const controller = new AbortController()
        const work = groups.map(async (group) => {
          const values = valuesOf(group.rank, length)
          const signal = group.rank === 0 ? controller.signal : undefined
          const result = await group.allReduce(values, { signal }).catch(() => undefined)
          const expected = result === undefined ? valuesOf(group.rank, length) : meanOf(2, length)
          if (!sameBits(values, expected)) wrong.push(`seed ${seed}: rank ${group.rank}`)
        })
        await sleep(peers[0], random.next() * 1000)
        controller.abort(new Error('enough'))
        await Promise.all(work)
      })
    }
    expect(wrong).toEqual([])
  },
  LIMIT_MS
)

async function storm(seed: number): Promise<{ succeeded: number; failed: number }> {
  const { random } = createSimnet({ seed }).addPeer('fate')
  const pick = (limit: number): number => Math.floor(random.next() * limit)
  const size = 2 + pick(5)
  const length = [1, 1000, 60_000][pick(3)] ?? 0
  const algorithm = ALGORITHMS[pick(ALGORITHMS.length)] ?? 'ring'
  const { net, peers, joinAll } = peersOf(size, { seed, bandwidth: 50e6 })
  return await net.run(async () => {
    const groups = await joinAll({ algorithm, patienceMs: 20_000 })
    const victim = pick(size)
    const controller = new AbortController()
    const fault = pick(5)
    let hasCrashed = false
    const strike = async (): Promise<void> => {
      await sleep(peers[victim === 0 ? 1 : 0], random.next() * 60)
      const peer = peers[victim]
      if (fault === 1) {
        hasCrashed = true
        peer?.crash()
      } else if (fault === 2) peer?.freeze()
      else if (fault === 3) controller.abort(new Error('enough'))
      else if (fault === 4) {
        peer?.freeze()
        await sleep(peers[victim === 0 ? 1 : 0], 500 + random.next() * 8000)
        peer?.thaw()
      }
    }
    const isDead = (rank: number): boolean => rank === victim && (hasCrashed || fault === 2)
    let succeeded = 0
    let failed = 0
    const live = async (group: Group): Promise<void> => {
      for (let round = 0; round < 4; round++) {
        const { rank } = group
        const values = valuesOf(rank, length)
        const tag = round % 2
        const signal = rank === victim ? controller.signal : undefined
        try {
          await group.allReduce(values, { tag, signal })
          succeeded++
          if (!sameBits(values, meanOf(size, length))) throw new Wrong(`rank ${rank}: no mean`)
        } catch (error) {
          if (error instanceof Wrong) throw error
          failed++
          if (!sameBits(values, valuesOf(rank, length))) throw new Wrong(`rank ${rank} lost values`)
        }
      }
    }
    const lives = groups.map((group) => {
      const life = live(group)
      // nothing of a peer that is gone for good ever settles
      return group.rank === victim ? undefined : life
    })
    await Promise.all([strike(), ...lives])
    const alive = groups.filter(({ rank }) => !isDead(rank) && rank !== victim)
    await Promise.all(alive.map((group) => group.close()))
    return { succeeded, failed }
  })
}

class Wrong extends Error {}
