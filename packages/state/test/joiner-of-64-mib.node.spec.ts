import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { inSwarm, sameValues } from './state-swarm.ts'

const LENGTH = 16 * 1024 * 1024
const BITS_PER_SECOND = 100e6

describe('a joiner of 64 MiB', () => {
  it('has all of it within 1.3 times what honest bandwidth allows, though one donor stops and one lies', async () => {
    const state = { blockLength: 256 * 1024 }
    await inSwarm(
      { seed: 31, length: LENGTH, bandwidth: BITS_PER_SECOND, state },
      async ({ net, add, veterans, ids }) => {
        const joiner = await add('joiner')
        net.tamper('veteran-1', 'joiner', '/daa/state/', (frame) => {
          if (frame.length > 100_000) frame[99_999] = (frame[99_999] ?? 0) ^ 1
          return frame
        })
        let [stoppedAt, half] = [0, 0]
        const start = joiner.peer.clock.now()
        const report = await joiner.state.catchUp({
          onProgress({ bytesDone, bytesTotal }) {
            if (half > 0 || bytesDone < bytesTotal / 2) return
            half = bytesDone
            stoppedAt = joiner.peer.clock.now() - start
            veterans[2]?.peer.freeze()
          }
        })
        expect(sameValues(joiner.tensors.weights, veterans[0]?.tensors.weights)).toBe(true)
        expect(report.donors[ids[1] as PeerId]).toMatchObject({
          bytes: 0,
          dropped: { code: 'WRONG_BLOCK' }
        })
        // the first half from two donors that are honest so far, the rest from one
        const bytes = report.bytesFetched
        const allowedMs = ((bytes / 4 + bytes / 2) * 8000) / BITS_PER_SECOND
        expect(stoppedAt).toBeGreaterThan(0)
        expect(report.durationMs / allowedMs).toBeLessThan(1.3)
        expect(report.bytesDuplicate).toBeLessThan(bytes / 50)
        expect(report.bytesFetched + report.bytesPresent).toBe(4 * LENGTH + 4)
      }
    )
  })
})
