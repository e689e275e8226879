import type { PeerId } from '@daa-compute/interface'
import type { LinkOptions } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import type { StateError } from '../src/index.ts'
import { FIRST, inSwarm, LINEAGE, replayOn, type StateSwarm } from './state-swarm.ts'

/** Answers with blocks are the long frames. */
const BLOCK = 8 * 1024
const LENGTH = 512 * 1024

/** Damages what a veteran sends the joiner. */
function lie(
  { net }: StateSwarm,
  from: string,
  change: (frame: Uint8Array) => Uint8Array | undefined
): void {
  net.tamper(from, 'joiner', '/daa/state/', (frame) => change(frame.slice()))
}

function flipLast(frame: Uint8Array): Uint8Array {
  frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1
  return frame
}

describe('donors that are no good', () => {
  it('drops one that serves wrong blocks, and says so', async () => {
    await inSwarm({ seed: 11, length: LENGTH }, async (swarm) => {
      lie(swarm, 'veteran-1', (frame) => (frame.length > BLOCK ? flipLast(frame) : frame))
      const joiner = await swarm.add('joiner')
      const report = await joiner.state.catchUp()
      expect(joiner.tensors).toEqual(swarm.veterans[0]?.tensors)
      expect(joiner.dropped.map(({ peer, reason }) => [peer, reason.code])).toEqual([
        ['veteran-1', 'WRONG_BLOCK']
      ])
      expect(report.donors[swarm.ids[1] as PeerId]?.bytes).toBe(0)
      expect(report.bytesWasted).toBeLessThan(4 * 16 * 1024)
    })
  })

  it('drops one that serves wrong hashes', async () => {
    await inSwarm({ seed: 12, length: LENGTH }, async (swarm) => {
      lie(swarm, 'veteran-2', (frame) =>
        frame.length > 300 && frame.length < BLOCK ? flipLast(frame) : frame
      )
      const joiner = await swarm.add('joiner')
      await joiner.state.catchUp()
      expect(joiner.tensors).toEqual(swarm.veterans[0]?.tensors)
      expect(joiner.dropped.map(({ reason }) => reason.code)).toEqual(['WRONG_BLOCK'])
    })
  })

  it('drops one that has another state at the same revision', async () => {
    await inSwarm({ seed: 13, length: LENGTH }, async ({ add, veterans, ids }) => {
      const liar = veterans[1]
      liar?.tensors.weights.fill(3)
      const joiner = await add('joiner')
      await joiner.state.catchUp()
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
      expect(joiner.dropped.map(({ peer, reason }) => [peer, reason.code])).toEqual([
        [ids[1], 'OTHER_REVISION']
      ])
    })
  })

  it('goes on without one that stops half-way', async () => {
    await inSwarm({ seed: 14, length: LENGTH }, async ({ add, veterans, ids }) => {
      const joiner = await add('joiner')
      let isFrozen = false
      const report = await joiner.state.catchUp({
        onProgress({ bytesDone, bytesTotal }) {
          if (isFrozen || bytesDone < bytesTotal / 2) return
          isFrozen = true
          veterans[2]?.peer.freeze()
        }
      })
      expect(joiner.tensors.weights).toEqual(veterans[0]?.tensors.weights)
      // what it was asked for is asked for elsewhere long before it counts as stalled, after 2 s
      expect(report.durationMs).toBeLessThan(1000)
      expect(report.donors[ids[2] as PeerId]?.bytes).toBeGreaterThan(0)
    })
  })

  it('drops those that vouch and then send nothing', async () => {
    const link = (from: PeerId): LinkOptions => ({
      bandwidth: from === 'veteran-2' ? 1.5e6 : 100e6
    })
    await inSwarm({ seed: 15, length: LENGTH, link }, async (swarm) => {
      for (const name of ['veteran-0', 'veteran-1']) {
        lie(swarm, name, (frame) => (frame.length > BLOCK ? undefined : frame))
      }
      const joiner = await swarm.add('joiner')
      const report = await joiner.state.catchUp()
      expect(joiner.tensors).toEqual(swarm.veterans[2]?.tensors)
      expect(joiner.dropped.map(({ reason }) => reason.code)).toEqual(['STALLED', 'STALLED'])
      // not later than the one that is honest takes for all of it
      expect(report.durationMs).toBeLessThan((4 * LENGTH * 8000) / 1.5e6 + 500)
    })
  })

  it('goes on without one that crashes', async () => {
    await inSwarm({ seed: 16, length: LENGTH }, async ({ add, veterans }) => {
      const joiner = await add('joiner')
      await joiner.state.catchUp({
        onProgress({ bytesDone, bytesTotal }) {
          if (bytesDone > bytesTotal / 3) veterans[1]?.peer.crash()
        }
      })
      expect(joiner.tensors.weights).toEqual(veterans[0]?.tensors.weights)
      expect(joiner.dropped.map(({ reason }) => reason.code)).toEqual(['VANISHED'])
    })
  })

  it('keeps what has come when all are lost, and fetches no verified block again', async () => {
    await inSwarm({ seed: 17, length: LENGTH, size: 2 }, async ({ add, veterans, net }) => {
      const joiner = await add('joiner')
      let before = 0
      const broken = joiner.state.catchUp({
        onProgress({ bytesDone, bytesTotal }) {
          if (before > 0 || bytesDone < bytesTotal * 0.6) return
          before = bytesDone
          for (const { peer } of veterans) net.resetLink(peer.id, 'joiner')
        }
      })
      await expect(broken).rejects.toMatchObject({
        code: 'NO_DONORS',
        detail: { asked: veterans.map(({ peer }) => peer.id) }
      })
      expect(joiner.state.revision).toBeUndefined()
      const report = await joiner.state.catchUp()
      expect(report.bytesPresent).toBeGreaterThanOrEqual(before)
      expect(report.bytesFetched + report.bytesPresent).toBe(4 * LENGTH + 4)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('does not believe one that claims to be far ahead, in a larger run', async () => {
    await inSwarm({ seed: 18 }, async ({ add, veterans, ids }) => {
      const crowd = Array.from({ length: 100 }, (_, i) => `made-up-${i}` as PeerId)
      veterans[0]?.state.declare({ lineage: 'zzz', sequence: 1e9 }, [...ids, ...crowd])
      const joiner = await add('joiner')
      await joiner.state.catchUp()
      expect(joiner.state.revision).toEqual(FIRST)
      expect(joiner.tensors).toEqual(veterans[1]?.tensors)
    })
  })

  it('does not wait long for one that claims to be ahead in the same run', async () => {
    await inSwarm({ seed: 19 }, async ({ add, veterans, ids }) => {
      veterans[2]?.state.declare({ lineage: LINEAGE, sequence: 1e9 }, ids)
      const joiner = await add('joiner')
      const report = await joiner.state.catchUp()
      expect(joiner.state.revision).toEqual(FIRST)
      expect(report.durationMs).toBeLessThan(3000)
    })
  })

  it('does not take a result of a round that only one vouches for', async () => {
    await inSwarm({ seed: 20 }, async ({ add, veterans, ids, round }) => {
      const joiner = await add('joiner')
      await joiner.state.catchUp({ apply: replayOn(joiner) })
      const [liar, ...honest] = veterans
      const to = { lineage: LINEAGE, sequence: 8 }
      await liar?.state.update(to, ids, [new Uint8Array(4).fill(9)], () => undefined)
      for (const member of honest) await round(member, 7)
      await joiner.state.catchUp({ apply: replayOn(joiner), until: to })
      expect(joiner.tensors).toEqual(honest[0]?.tensors)
      expect(joiner.dropped.map(({ peer, reason }) => [peer, reason.code])).toEqual([
        [ids[0], 'OTHER_REVISION']
      ])
    })
  })

  it('refuses what no majority vouches for', async () => {
    await inSwarm({ seed: 21 }, async ({ add, veterans, ids }) => {
      for (const [i, { tensors }] of veterans.entries()) tensors.weights.fill(i)
      const joiner = await add('joiner')
      const error = await joiner.state.catchUp().catch((thrown: unknown) => thrown as StateError)
      expect(error).toMatchObject({
        code: 'NO_QUORUM',
        detail: { donors: expect.arrayContaining([...ids]) as PeerId[] }
      })
      expect(joiner.state.revision).toBeUndefined()
    })
  })
})
