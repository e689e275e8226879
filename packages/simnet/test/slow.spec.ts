import { describe, expect, it } from 'vitest'
import { SLOW_EVENT_MS } from '../src/constants.ts'
import { createSimnet } from '../src/index.ts'
import { wait, withPair } from './pair.ts'

describe('slowDown', () => {
  it('makes each event take its time, one after another', () =>
    withPair({}, async ({ simnet, b, from, to }) => {
      const startMs = simnet.clock.now()
      const times: number[] = []
      void (async () => {
        for (;;) {
          await to.receive()
          times.push(simnet.clock.now() - startMs)
        }
      })().catch(() => {})
      b.slowDown(5)
      for (let index = 0; index < 3; index++) await from.send(new Uint8Array(1))
      b.clock.schedule(12, () => times.push(-(simnet.clock.now() - startMs)))
      await wait(simnet, 100)
      const step = 4 * SLOW_EVENT_MS
      expect(times).toEqual([10 + step, 10 + 2 * step, 10 + 3 * step, -(10 + 4 * step)])
      b.slowDown(1)
      times.length = 0
      await from.send(new Uint8Array(1))
      await wait(simnet, 100)
      expect(times).toEqual([110])
    }))

  it('lets what has piled up happen at once when it ends, before what comes later', () =>
    withPair({}, async ({ simnet, b, from, to }) => {
      b.slowDown(1000)
      for (let index = 0; index < 5; index++) await from.send(Uint8Array.of(index))
      await wait(simnet, 50)
      b.slowDown(1)
      await from.send(Uint8Array.of(5))
      const startMs = simnet.clock.now()
      for (let index = 0; index < 6; index++) {
        expect(await to.receive()).toEqual(Uint8Array.of(index))
      }
      // the turn that was begun is ended first
      expect(simnet.clock.now() - startMs).toBeLessThan(1000)
    }))

  it('refuses what is no factor', () => {
    const a = createSimnet({ seed: 1 }).addPeer('a')
    for (const factor of [0, 0.5, -1, NaN, Infinity]) {
      expect(() => a.slowDown(factor)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
    }
    expect(a.state).toBe('running')
    a.slowDown(1.5)
    expect(a.state).toBe('slow')
  })
})
