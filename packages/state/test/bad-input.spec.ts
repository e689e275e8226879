import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createSharedState, type SharedStateInit, StateError } from '../src/index.ts'
import { FIRST, inSwarm, LENGTH, LINEAGE, replayOn, sleep } from './state-swarm.ts'

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error instanceof StateError ? error.code : error
  }
  return 'nothing was thrown'
}

describe('a shape that changed', () => {
  it('is refused, and the tensor named', async () => {
    await inSwarm({ seed: 41 }, async ({ add }) => {
      const tensors = { weights: new Float32Array(LENGTH), step: new Float32Array(1) }
      const joiner = await add('joiner', { tensors })
      await expect(joiner.state.catchUp()).rejects.toMatchObject({
        code: 'LAYOUT_MISMATCH',
        detail: { tensor: 'step', ours: 'Float32Array[1]', theirs: 'Int32Array[1]' }
      })
      expect(tensors.weights).toEqual(new Float32Array(LENGTH))
    })
  })

  it('is named when a tensor is missing', async () => {
    await inSwarm({ seed: 42 }, async ({ add }) => {
      const joiner = await add('joiner', { tensors: { weights: new Float32Array(LENGTH) } })
      await expect(joiner.state.catchUp()).rejects.toMatchObject({
        code: 'LAYOUT_MISMATCH',
        detail: { tensor: 'step', ours: 'missing' }
      })
    })
  })

  it('is refused when blocks have other lengths', async () => {
    await inSwarm({ seed: 43 }, async ({ add }) => {
      const joiner = await add('joiner', { blockLength: 4096 })
      expect(await codeOf(joiner.state.catchUp())).toBe('LAYOUT_MISMATCH')
    })
  })
})

describe('a joiner that is full', () => {
  it('refuses a state of more than maxBytes before it writes anything', async () => {
    await inSwarm({ seed: 44 }, async ({ add }) => {
      const joiner = await add('joiner', { maxBytes: 1000 })
      await expect(joiner.state.catchUp()).rejects.toMatchObject({
        code: 'TOO_LARGE',
        detail: { length: 4 * LENGTH + 4, limit: 1000 }
      })
      expect(joiner.tensors.weights).toEqual(new Float32Array(LENGTH))
    })
  })

  it('says so when the memory of a tensor is gone', async () => {
    await inSwarm({ seed: 45 }, async ({ add }) => {
      const joiner = await add('joiner')
      const call = joiner.state.catchUp({
        onProgress: () => void structuredClone(null, { transfer: gone(joiner.tensors.weights) })
      })
      expect(await codeOf(call)).toBe('WRITE_FAILED')
      expect(joiner.state.revision).toBeUndefined()
    })
  })
})

/** The buffer, the first time. */
function gone({ buffer }: Float32Array): Transferable[] {
  return buffer.byteLength > 0 ? [buffer as ArrayBuffer] : []
}

describe('revisions that run backwards', () => {
  it('are refused by declare and update', async () => {
    await inSwarm({ seed: 46 }, async ({ veterans, ids }) => {
      const state = veterans[0]?.state
      const earlier = { ...FIRST, sequence: 6 }
      expect(() => state?.declare(earlier, ids)).toThrow(StateError)
      const update = state?.update(FIRST, ids, undefined, () => undefined)
      await expect(update).rejects.toMatchObject({
        code: 'BACKWARD',
        detail: { from: FIRST, to: FIRST }
      })
      expect(state?.revision).toEqual(FIRST)
    })
  })

  it('are refused by a joiner that is further than all donors', async () => {
    await inSwarm({ seed: 47 }, async ({ add, ids }) => {
      const joiner = await add('joiner')
      joiner.state.declare({ ...FIRST, sequence: 9 }, ids)
      const weights = joiner.tensors.weights.slice()
      expect(await codeOf(joiner.state.catchUp())).toBe('BACKWARD')
      expect(await codeOf(joiner.state.catchUp({ until: FIRST }))).toBe('BACKWARD')
      expect(joiner.state.revision?.sequence).toBe(9)
      expect(joiner.tensors.weights).toEqual(weights)
    })
  })

  it('are what another lineage may have', async () => {
    await inSwarm({ seed: 48 }, async ({ add, ids, veterans }) => {
      const joiner = await add('joiner')
      joiner.state.declare({ lineage: 'of a fork', sequence: 90 }, ids)
      await joiner.state.catchUp({ lineage: LINEAGE })
      expect(joiner.state.revision).toEqual(FIRST)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })
})

describe('calls at the wrong time', () => {
  it('are told so', async () => {
    await inSwarm({ seed: 49 }, async ({ add, ids }) => {
      const joiner = await add('joiner')
      const to = { ...FIRST, sequence: 8 }
      expect(await codeOf(joiner.state.update(to, ids, undefined, () => undefined))).toBe(
        'NOT_WHOLE'
      )
      const first = joiner.state.catchUp()
      expect(await codeOf(joiner.state.catchUp())).toBe('BUSY')
      expect(() => joiner.state.declare(FIRST, ids)).toThrow('catchUp')
      await first
      await joiner.state.stop()
      await joiner.state.stop()
      expect(await codeOf(joiner.state.catchUp())).toBe('STOPPED')
    })
  })

  it('leaves no state when a change fails', async () => {
    await inSwarm({ seed: 50 }, async ({ veterans, ids }) => {
      const state = veterans[0]?.state
      const update = state?.update({ ...FIRST, sequence: 8 }, ids, undefined, () => {
        throw new RangeError('of the optimizer')
      })
      await expect(update).rejects.toThrow('of the optimizer')
      expect(state?.revision).toBeUndefined()
    })
  })

  it('leaves no state when apply fails', async () => {
    await inSwarm({ seed: 51 }, async ({ add, veterans, round }) => {
      const joiner = await add('joiner')
      await joiner.state.catchUp({ apply: replayOn(joiner) })
      for (const member of veterans) await round(member, 7)
      const apply = (): void => {
        throw new RangeError('of the optimizer')
      }
      expect(await codeOf(joiner.state.catchUp({ apply }))).toBe('APPLY_FAILED')
      expect(joiner.state.revision).toBeUndefined()
    })
  })

  it('says that there is nobody', async () => {
    await inSwarm({ seed: 52, size: 0 }, async ({ add }) => {
      const joiner = await add('joiner')
      expect(await codeOf(joiner.state.catchUp())).toBe('NO_DONORS')
      await add('another')
      const since = joiner.peer.clock.now()
      expect(await codeOf(joiner.state.catchUp())).toBe('NO_DONORS')
      // it has asked six times, after 40, 80, 160, 320 and 500 ms
      const tookMs = joiner.peer.clock.now() - since
      expect(tookMs).toBeGreaterThan(1_100)
      expect(tookMs).toBeLessThan(2_000)
    })
  })

  it('gives up when it is told to, and goes on later', async () => {
    await inSwarm({ seed: 53, length: 512 * 1024 }, async ({ add, veterans }) => {
      const joiner = await add('joiner')
      const giveUp = new AbortController()
      let before = 0
      const call = joiner.state.catchUp({
        signal: giveUp.signal,
        onProgress({ bytesDone, bytesTotal }) {
          if (bytesDone < bytesTotal / 2) return
          before ||= bytesDone
          giveUp.abort(new Error('no time'))
        }
      })
      await expect(call).rejects.toThrow('no time')
      const written = joiner.tensors.weights.slice()
      await sleep(joiner, 500)
      // nothing that was still on its way is written
      expect(joiner.tensors.weights).toEqual(written)
      const report = await joiner.state.catchUp()
      expect(report.bytesPresent).toBe(before)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
    })
  })
})

describe('options', () => {
  it.each([
    ['run', { run: '' }],
    ['blockLength', { blockLength: 1.5 }],
    ['serving.uploadBitsPerSecond', { serving: { uploadBitsPerSecond: 0 } }],
    ['serving.maxJoiners', { serving: { maxJoiners: -1 } }],
    ['serving.leaseMs', { serving: { leaseMs: Infinity } }],
    ['serving.maxDeltaBytes', { serving: { maxDeltaBytes: Number.NaN } }],
    ['maxBytes', { maxBytes: -1 }],
    ['tensors.a', { tensors: { a: [1] as unknown as Float32Array } }]
  ] satisfies [string, Partial<SharedStateInit>][])('are checked: %s', async (option, wrong) => {
    await inSwarm({ seed: 54, size: 0 }, async ({ net }) => {
      const { connector, clock, random } = net.addPeer('one')
      const members = (): PeerId[] => []
      const init = { run: 'test', connector, clock, random, tensors: {}, members, ...wrong }
      await expect(createSharedState(init)).rejects.toMatchObject({
        code: 'BAD_OPTION',
        detail: { option }
      })
    })
  })
})

describe('what a state is said to be', () => {
  it('is checked', async () => {
    await inSwarm({ seed: 55, size: 0 }, async ({ add, ids }) => {
      const { state, peer } = await add('one')
      const self = [peer.id]
      const crowd = Array.from({ length: 1025 }, () => peer.id)
      const wrong = [
        [{ ...FIRST, sequence: -1 }, self],
        [{ ...FIRST, sequence: 0.5 }, self],
        [{ ...FIRST, lineage: 'x'.repeat(129) }, self],
        [FIRST, ids],
        [FIRST, crowd]
      ] as const
      for (const [revision, participants] of wrong) {
        expect(() => state.declare(revision, participants)).toThrow(StateError)
        expect(state.revision).toBeUndefined()
      }
    })
  })
})
