import type { Channel } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createSimnet } from '../src/index.ts'
import { withPair } from './pair.ts'

describe('jitter', () => {
  it('adds to the latency, by link where a link says so', async () => {
    const simnet = createSimnet({
      seed: 1,
      latencyMs: 10,
      jitterMs: 5,
      link: (from, to) => (from === 'c' || to === 'c' ? { jitterMs: 0 } : undefined)
    })
    const [a, b, c] = ['a', 'b', 'c'].map((id) => simnet.addPeer(id))
    await simnet.run(async () => {
      const times = { b: new Set<number>(), c: new Set<number>() }
      for (const peer of [b!, c!]) {
        await peer.connector.accept('/test/1', () => {})
        for (let turn = 0; turn < 50; turn++) {
          const startMs = simnet.clock.now()
          await a!.connector.open(peer.id, '/test/1')
          // rounded, as the clock is a sum
          times[peer.id as 'b' | 'c'].add(Number((simnet.clock.now() - startMs).toFixed(6)))
        }
      }
      expect([...times.c]).toEqual([20])
      expect(times.b.size).toBeGreaterThan(40)
      expect(Math.min(...times.b)).toBeGreaterThanOrEqual(20)
      expect(Math.max(...times.b)).toBeLessThan(30)
    })
  })

  it('lets channels overtake each other, and no frame the ones before it on its channel', async () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10, jitterMs: 50 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    const arrivals = await simnet.run(async () => {
      const seen: number[] = []
      let open = 0
      const done = Promise.withResolvers<void>()
      await b.connector.accept('/test/1', (channel) => void read(channel))
      async function read(channel: Channel): Promise<void> {
        open++
        for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
          seen.push(frame[0]!)
        }
        if (--open === 0) done.resolve()
      }
      const channels = [await a.connector.open(b.id, '/test/1')]
      channels.push(await a.connector.open(b.id, '/test/1'))
      for (let index = 0; index < 100; index++)
        await channels[index % 2]!.send(Uint8Array.of(index))
      await Promise.all(channels.map((channel) => channel.close()))
      await done.promise
      return seen
    })
    expect(arrivals).not.toEqual(arrivals.toSorted((x, y) => x - y))
    for (const parity of [0, 1]) {
      expect(arrivals.filter((value) => value % 2 === parity)).toEqual(
        Array.from({ length: 50 }, (_, index) => 2 * index + parity)
      )
    }
  })

  it('must be finite and not negative', () => {
    for (const jitterMs of [-1, NaN, Infinity]) {
      expect(() => createSimnet({ seed: 1, jitterMs })).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' })
      )
    }
    return expect(
      withPair({ link: () => ({ jitterMs: -1 }) }, async () => {})
    ).rejects.toMatchObject({ code: 'BAD_OPTION' })
  })
})
