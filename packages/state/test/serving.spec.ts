import type { Connector } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createSharedState, type Revision } from '../src/index.ts'
import { FIRST, inSwarm, LENGTH, LINEAGE, type Member, replayOn, sleep } from './state-swarm.ts'

function at(sequence: number): Revision {
  return { lineage: LINEAGE, sequence }
}

describe('serving', () => {
  it('serves the revision that was asked for while the tensors change', async () => {
    await inSwarm({ seed: 61, length: 512 * 1024 }, async ({ add, veterans, round }) => {
      const before = veterans[0]?.tensors.weights.slice()
      const joiner = await add('joiner')
      let training: Promise<unknown> | undefined
      const report = await joiner.state.catchUp({
        onProgress() {
          // in the middle of the fetch, at all of them
          training ??= Promise.all(veterans.map((member) => round(member, 7)))
        }
      })
      await training
      expect(report.revision).toEqual(FIRST)
      expect(joiner.tensors.weights).toEqual(before)
      expect(veterans[0]?.state.revision).toEqual(at(8))
      // and the result of that round has been kept
      const next = await joiner.state.catchUp({ apply: replayOn(joiner) })
      expect(next).toMatchObject({ deltas: 1, snapshots: 0, revision: at(8) })
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('keeps to its upload cap, over all joiners, and shares it among them', async () => {
    const capped = { serving: { uploadBitsPerSecond: 10e6 } }
    await inSwarm({ seed: 62, size: 1, state: capped }, async ({ add, veterans }) => {
      const joiners = [await add('joiner-1'), await add('joiner-2')]
      const reports = await Promise.all(joiners.map(({ state }) => state.catchUp()))
      const bytes = reports.reduce((sum, report) => sum + report.bytesFetched, 0)
      const tookMs = Math.max(...reports.map(({ durationMs }) => durationMs))
      const fastestMs = Math.min(...reports.map(({ durationMs }) => durationMs))
      const leastMs = (bytes * 8000) / 10e6
      // a burst is a few ms, the rest is asking
      expect(tookMs).toBeGreaterThan(leastMs - 25)
      expect(tookMs).toBeLessThan(leastMs * 1.1 + 200)
      expect(fastestMs).toBeGreaterThan(leastMs * 0.8)
      for (const joiner of joiners) expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('serves only so many at a time', async () => {
    const capped = { serving: { maxJoiners: 1, uploadBitsPerSecond: 2e6, leaseMs: 400 } }
    await inSwarm({ seed: 63, size: 1, state: capped }, async ({ add, ids }) => {
      const first = await add('joiner-1')
      const second = await add('joiner-2', { members: () => ids })
      const fetching = first.state.catchUp()
      await sleep(second, 200)
      await expect(second.state.catchUp()).rejects.toMatchObject({ code: 'DONORS_BUSY' })
      await fetching
      await sleep(second, 500)
      await second.state.catchUp()
      expect(second.tensors).toEqual(first.tensors)
    })
  })

  it('lets go what it holds for a joiner that is gone', async () => {
    await inSwarm({ seed: 64, size: 1, state: { serving: { leaseMs: 500 } } }, async (swarm) => {
      const donor = swarm.veterans[0] as Member
      const released: unknown[] = []
      donor.state.on('joiner:released', ({ peer, reason }) => void released.push([peer, reason]))
      const joiner = await swarm.add('joiner')
      const call = joiner.state.catchUp({
        onProgress: () => joiner.peer.crash()
      })
      call.catch(() => undefined)
      await sleep(donor, 2000)
      expect(released).toEqual([['joiner', 'expired']])
    })
  })

  it('tells a joiner that is too far behind, which then takes a newer state', async () => {
    // one result fits, two do not
    const serving = { maxDeltaBytes: 300 * 1024 }
    await inSwarm({ seed: 65, state: { serving } }, async ({ add, veterans, round }) => {
      const released: unknown[] = []
      veterans[0]?.state.on('joiner:released', ({ reason }) => void released.push(reason))
      const joiner = await add('joiner')
      await joiner.state.catchUp({ apply: replayOn(joiner) })
      for (const member of veterans) for (const sequence of [7, 8, 9]) await round(member, sequence)
      expect(released).toEqual(['too-far-behind'])
      const report = await joiner.state.catchUp({ apply: replayOn(joiner) })
      expect(report).toMatchObject({ deltas: 0, snapshots: 1, revision: at(10) })
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('has joiners that come later take the copy that it holds already', async () => {
    await inSwarm(
      { seed: 66, length: 512 * 1024, bandwidth: 10e6 },
      async ({ add, veterans, round }) => {
        const [first, second] = [await add('joiner-1'), await add('joiner-2')]
        let going: Promise<unknown> | undefined
        const go = async (): Promise<void> => {
          for (const member of veterans) await round(member, 7)
          const report = await second.state.catchUp({ apply: replayOn(second) })
          expect(report).toMatchObject({ snapshots: 1, deltas: 1, revision: at(8) })
        }
        await first.state.catchUp({ onProgress: () => void (going ??= go()) })
        await going
        expect(second.tensors).toEqual(veterans[0]?.tensors)
      }
    )
  })

  it('cannot replay what cannot be replayed, and takes the state instead', async () => {
    await inSwarm({ seed: 67 }, async ({ add, veterans, ids }) => {
      const joiner = await add('joiner')
      await joiner.state.catchUp({ apply: replayOn(joiner) })
      for (const { state, tensors } of veterans) {
        await state.update(at(8), ids, undefined, () => void tensors.weights.fill(1))
      }
      const report = await joiner.state.catchUp({ apply: replayOn(joiner) })
      expect(report).toMatchObject({ deltas: 0, snapshots: 1, revision: at(8) })
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('follows a lineage that forks', async () => {
    await inSwarm({ seed: 68 }, async ({ add, veterans, ids }) => {
      const joiner = await add('joiner')
      await joiner.state.catchUp({ apply: replayOn(joiner) })
      const fork = { lineage: 'a fork', sequence: 8 }
      for (const { state, tensors } of veterans) {
        const delta = [new Uint8Array(tensors.weights.byteLength)]
        await state.update(fork, ids, delta, () => {
          for (const [i, value] of tensors.weights.entries()) tensors.weights[i] = value * 0.9
          tensors.step[0] = (tensors.step[0] ?? 0) + 1
        })
      }
      const report = await joiner.state.catchUp({ apply: replayOn(joiner) })
      expect(report).toMatchObject({ deltas: 1, snapshots: 0, revision: fork })
    })
  })
})

describe('a channel that borrows frames for as long as it may', () => {
  it('sends what they held when they were asked for', async () => {
    await inSwarm({ seed: 70, size: 0 }, async ({ net, add }) => {
      const { connector, clock, random, id } = net.addPeer('donor')
      const late: Connector = {
        self: id,
        open: (peer, protocol) => connector.open(peer, protocol),
        accept: (protocol, handler) =>
          connector.accept(protocol, (channel) =>
            handler({
              peer: channel.peer,
              maxFrameLength: channel.maxFrameLength,
              closed: channel.closed,
              receive: (options) => channel.receive(options),
              close: (options) => channel.close(options),
              abort: (error) => channel.abort(error),
              async send(frame, options) {
                await new Promise<void>((resolve) => {
                  clock.schedule(30, resolve)
                })
                await channel.send(frame, options)
              }
            })
          )
      }
      const weights = new Float32Array(LENGTH).fill(1)
      const donor = await createSharedState({
        ...{ run: 'test', connector: late, clock, random, tensors: { weights } },
        members: () => [],
        blockLength: 16 * 1024
      })
      donor.declare(FIRST, [id])
      const joiner = await add('joiner', {
        tensors: { weights: new Float32Array(LENGTH) },
        members: () => [id]
      })
      let update: Promise<void> | undefined
      const fetching = joiner.state.catchUp({
        onProgress() {
          update ??= donor.update(at(8), [id], undefined, () => void weights.fill(2))
        }
      })
      await fetching
      await update
      expect(joiner.dropped).toEqual([])
      expect(joiner.state.revision).toEqual(FIRST)
      await donor.stop()
    })
  })
})

describe('peers that began with different states', () => {
  it('all take that of the majority, and those who have it keep it throughout', async () => {
    await inSwarm({ seed: 69 }, async ({ veterans }) => {
      veterans[2]?.tensors.weights.fill(4)
      const right = veterans[0]?.tensors.weights.slice()
      const reports = await Promise.all(
        veterans.map(({ state }) => state.catchUp({ until: FIRST }))
      )
      for (const { tensors, state } of veterans) {
        expect(tensors.weights).toEqual(right)
        expect(state.revision).toEqual(FIRST)
      }
      expect(reports.map(({ bytesFetched }) => bytesFetched > 0)).toEqual([false, false, true])
    })
  })
})
