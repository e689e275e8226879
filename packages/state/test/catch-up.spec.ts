import { describe, expect, it } from 'vitest'
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
})
