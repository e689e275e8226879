import { describe, expect, it } from 'vitest'
import type { CatchUpProgress } from '../src/index.ts'
import { FIRST, inSwarm, LINEAGE, replayOn, sleep } from './state-swarm.ts'

describe('catching up', () => {
  it('takes the state from one donor', async () => {
    await inSwarm({ seed: 1, size: 1 }, async ({ add, veterans }) => {
      const joiner = await add('joiner')
      const report = await joiner.state.catchUp()
      expect(joiner.state.revision).toEqual(FIRST)
      expect(joiner.tensors.weights).toEqual(veterans[0]?.tensors.weights)
      expect(report.bytesFetched + report.bytesPresent).toBe(joiner.tensors.weights.byteLength + 4)
      expect(report.bytesDuplicate).toBe(0)
    })
  })

  it('takes it from all at once', async () => {
    await inSwarm({ seed: 2, length: 256 * 1024 }, async ({ add, veterans, ids }) => {
      const joiner = await add('joiner')
      const report = await joiner.state.catchUp()
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
      for (const id of ids) {
        expect(report.donors[id]?.bytes).toBeGreaterThan(report.bytesFetched / 5)
        expect(report.donors[id]?.dropped).toBeUndefined()
      }
    })
  })

  it('catches up while rounds go on, and gets level by their results', async () => {
    await inSwarm({ seed: 3 }, async ({ add, veterans, round }) => {
      const joiner = await add('joiner')
      const over = new AbortController()
      const training = veterans.map(async (member) => {
        for (let sequence = 7; sequence < 200 && !over.signal.aborted; sequence++) {
          await sleep(member, 60)
          await round(member, sequence)
        }
      })
      const report = await joiner.state.catchUp({ apply: replayOn(joiner) })
      over.abort()
      const { revision } = joiner.state
      expect(report.deltas).toBeGreaterThan(0)
      expect(report.snapshots).toBe(1)
      await Promise.all(training)
      const target = veterans[0]?.state.revision
      const last = await joiner.state.catchUp({ apply: replayOn(joiner), until: target })
      expect(last.snapshots).toBe(0)
      expect(last.bytesFetched).toBe(0)
      expect(joiner.state.revision).toEqual(target)
      expect(joiner.state.revision?.sequence).toBeGreaterThan(revision?.sequence ?? Infinity)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('fetches only what differs', async () => {
    await inSwarm({ seed: 4 }, async ({ add, veterans }) => {
      const joiner = await add('joiner')
      joiner.tensors.weights.set(veterans[0]?.tensors.weights ?? [])
      joiner.tensors.weights[5] = 12
      const report = await joiner.state.catchUp()
      expect(report.bytesFetched).toBe(16 * 1024)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('goes to a revision and waits for it', async () => {
    await inSwarm({ seed: 5 }, async ({ add, veterans, round }) => {
      const joiner = await add('joiner')
      const until = { lineage: LINEAGE, sequence: 9 }
      const training = veterans.map(async (member) => {
        for (let sequence = 7; sequence < 9; sequence++) {
          await sleep(member, 300)
          await round(member, sequence)
        }
      })
      await joiner.state.catchUp({ apply: replayOn(joiner), until })
      await Promise.all(training)
      expect(joiner.state.revision).toEqual(until)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('goes over to another lineage though peers of its own stand where it does', async () => {
    await inSwarm({ seed: 6, size: 2 }, async ({ add, veterans }) => {
      const [joiner, other] = [await add('joiner'), await add('other')]
      const fork = { lineage: 'a fork', sequence: 20 }
      for (const { state } of [joiner, other]) state.declare(fork, [joiner.peer.id, other.peer.id])
      const apply = replayOn(joiner)
      expect(await joiner.state.catchUp({ apply })).toMatchObject({ revision: fork, snapshots: 0 })
      await joiner.state.catchUp({ apply, lineage: LINEAGE })
      expect(joiner.state.revision).toEqual(FIRST)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })

  it('tells what it is doing, and gives up if told badly', async () => {
    await inSwarm({ seed: 7 }, async ({ add, veterans, round }) => {
      const joiner = await add('joiner')
      const told: CatchUpProgress[] = []
      const onProgress = (progress: CatchUpProgress): void => void told.push(progress)
      await joiner.state.catchUp({ apply: replayOn(joiner), onProgress })
      for (const member of veterans) await round(member, 7)
      await joiner.state.catchUp({ apply: replayOn(joiner), onProgress })
      const bytes = joiner.tensors.weights.byteLength
      expect(told.find(({ bytesDone, bytesTotal }) => bytesDone === bytesTotal)).toEqual({
        ...{ what: 'snapshot', revision: FIRST, bytesDone: bytes + 4, bytesTotal: bytes + 4 }
      })
      expect(told.at(-1)).toEqual({
        what: 'delta',
        revision: { lineage: LINEAGE, sequence: 8 },
        ...{ bytesDone: bytes, bytesTotal: bytes }
      })
      const late = await add('late')
      const failing = late.state.catchUp({
        onProgress() {
          throw new RangeError('of the caller')
        }
      })
      await expect(failing).rejects.toThrow('of the caller')
      expect(late.dropped).toEqual([])
    })
  })

  it('comes about the same each time, by seed', async () => {
    const hashes: string[] = []
    for (let i = 0; i < 2; i++) {
      await inSwarm({ seed: 8 }, async ({ net, add, veterans }) => {
        const joiner = await add('joiner')
        await joiner.state.catchUp({ onProgress: () => veterans[1]?.peer.freeze() })
        hashes.push(net.traceHash)
      })
    }
    expect(hashes[0]).toBe(hashes[1])
  })
})
