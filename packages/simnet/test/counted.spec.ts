import { countedBytes } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { FRAME_OVERHEAD } from '../src/constants.ts'
import { createTrace } from '../src/index.ts'
import { outcome, wait, withPair } from './pair.ts'

describe('counted bytes', () => {
  it('take time on the line and deliver nothing', () =>
    // 8,000 bit/s are one byte per ms
    withPair({ bandwidth: 8000 }, async ({ simnet, from, to }) => {
      const startMs = simnet.clock.now()
      await from.send([Uint8Array.of(1, 2), countedBytes(1000 - 2 - FRAME_OVERHEAD)])
      expect(await to.receive()).toEqual(Uint8Array.of(1, 2))
      expect(simnet.clock.now() - startMs).toBeCloseTo(1000 + 10, 9)
      await from.send(countedBytes(500 - FRAME_OVERHEAD))
      expect(await to.receive()).toEqual(new Uint8Array(0))
      expect(simnet.clock.now() - startMs).toBeCloseTo(1500 + 20, 9)
    }))

  it('fill the window until they are taken', () =>
    withPair({ windowLength: 10_000 }, async ({ simnet, from, to }) => {
      let sent = 0
      const sending = (async () => {
        for (; sent < 50; sent++) await from.send([Uint8Array.of(sent), countedBytes(4000)])
      })()
      await wait(simnet, 1000)
      expect(sent).toBe(3)
      for (let index = 0; index < 50; index++) {
        expect(await to.receive()).toEqual(Uint8Array.of(index))
      }
      await sending
    }))

  it('give their room back when nobody receives them', () =>
    withPair({ windowLength: 10_000 }, async ({ simnet, from, to }) => {
      const blocked = to.send(countedBytes(9000))
      await to.send(countedBytes(9000))
      const last = outcome(to.send(countedBytes(9000)))
      await blocked
      await wait(simnet, 100)
      expect(last.state).toBe('pending')
      const stuck = from.send(new Uint8Array(9000))
      await stuck
      void from.close()
      await wait(simnet, 100)
      expect(last.state).not.toBe('pending')
    }))

  it('count for the longest frame and in the trace', () => {
    const trace = createTrace()
    return withPair({ maxFrameLength: 100, trace: trace.sink }, async ({ from, to }) => {
      await expect(from.send([new Uint8Array(1), countedBytes(100)])).rejects.toMatchObject({
        code: 'FRAME_TOO_LARGE',
        detail: { length: 101 }
      })
      await from.send([new Uint8Array(1), countedBytes(99)])
      await to.receive()
      expect(trace.toString()).toContain('a → b  deliver  100 B')
    })
  })
})
