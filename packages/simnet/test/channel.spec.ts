import { describe, expect, it } from 'vitest'
import { FRAME_OVERHEAD } from '../src/constants.ts'
import { createSimnet } from '../src/index.ts'
import { outcome, wait, withPair } from './pair.ts'

describe('channel', () => {
  it('takes the latency, and the time its bits take on the line', () =>
    // 8,000 bit/s are one byte per ms
    withPair({ bandwidth: 8000 }, async ({ simnet, from, to }) => {
      const startMs = simnet.clock.now()
      await from.send(new Uint8Array(100 - FRAME_OVERHEAD))
      await from.send(new Uint8Array(50 - FRAME_OVERHEAD))
      await to.receive()
      expect(simnet.clock.now() - startMs).toBeCloseTo(100 + 10, 9)
      await to.receive()
      expect(simnet.clock.now() - startMs).toBeCloseTo(150 + 10, 9)
    }))

  it('shares the line of two peers among their channels, and with nobody else', () => {
    const simnet = createSimnet({
      seed: 1,
      latencyMs: 0,
      bandwidth: 8000,
      link: (from, to) => (from === 'a' && to === 'c' ? { bandwidth: 80_000 } : undefined)
    })
    const a = simnet.addPeer('a')
    const others = [simnet.addPeer('b'), simnet.addPeer('c')] as const
    return simnet.run(async () => {
      const arrivals: [string, number][] = []
      for (const peer of others) {
        await peer.connector.accept('/test/1', (channel) => {
          void channel.receive().then(() => arrivals.push([peer.id, simnet.clock.now()]))
        })
      }
      for (const peer of [others[0], ...others]) {
        const channel = await a.connector.open(peer.id, '/test/1')
        await channel.send(new Uint8Array(100 - FRAME_OVERHEAD))
      }
      await wait(simnet, 1000)
      expect(arrivals).toEqual([
        ['c', 10],
        ['b', 100],
        ['b', 200]
      ])
    })
  })

  it('keeps the order of frames, however the delay varies', () =>
    withPair({ latencyMs: { min: 0, max: 1000 } }, async ({ from, to }) => {
      for (let index = 0; index < 100; index++) await from.send(Uint8Array.of(index))
      for (let index = 0; index < 100; index++) {
        expect(await to.receive()).toEqual(Uint8Array.of(index))
      }
    }))

  for (const expire of ['receive', 'close', 'abort'] as const) {
    it(`spoils a received frame at the next ${expire}, so that who keeps it finds out`, () =>
      withPair({}, async ({ from, to }) => {
        await from.send(new Uint8Array(new Float32Array([1, 2]).buffer))
        const frame = await to.receive()
        const view = new Float32Array(frame!.buffer, frame!.byteOffset, 2)
        expect([...view]).toEqual([1, 2])
        if (expire === 'abort') to.abort(new Error('over'))
        else to[expire]().catch(() => {})
        expect([...view]).toEqual([NaN, NaN])
      }))
  }

  it('sends what the memory holds when the send is let in, not when it was called', () =>
    withPair({ windowLength: 1 }, async ({ from, to }) => {
      const frame = Uint8Array.of(1)
      const first = from.send(frame)
      frame[0] = 2
      await first
      // the window is full: this one is borrowed until the receiver has taken the first
      const second = from.send(frame)
      frame[0] = 3
      expect(await to.receive()).toEqual(Uint8Array.of(2))
      expect(await to.receive()).toEqual(Uint8Array.of(3))
      await second
      frame[0] = 4
    }))

  it('holds a bounded number of bytes, frames without any included', async () => {
    for (const length of [0, 1, 1000]) {
      const windowLength = 10_000
      await withPair({ windowLength }, async ({ simnet, from, to }) => {
        let sent = 0
        void (async () => {
          for (;;) {
            await from.send(new Uint8Array(length))
            sent++
          }
        })()
        await wait(simnet, 1000)
        const room = Math.ceil(windowLength / (length + FRAME_OVERHEAD))
        expect(sent).toBe(room)
        // half a window taken is half a window more
        const half = Math.ceil(room / 2)
        for (let taken = 0; taken < half; taken++) await to.receive()
        await wait(simnet, 1000)
        expect(sent).toBe(room + half)
      })
    }
  })

  it('lets frames longer than the window through, one at a time', () =>
    withPair({ windowLength: 100 }, async ({ from, to }) => {
      const received = (async () => {
        for (let index = 0; index < 5; index++) {
          expect(await to.receive()).toEqual(new Uint8Array(1000).fill(index))
        }
      })()
      for (let index = 0; index < 5; index++) await from.send(new Uint8Array(1000).fill(index))
      await received
    }))

  it('refuses a frame that is too long and stays usable', () =>
    withPair({ maxFrameLength: 10 }, async ({ from, to }) => {
      await expect(from.send([new Uint8Array(6), new Uint8Array(5)])).rejects.toMatchObject({
        name: 'ChannelError',
        code: 'FRAME_TOO_LARGE',
        detail: { peer: 'b', length: 11, limit: 10 }
      })
      await from.send([new Uint8Array(6), new Uint8Array(4)])
      expect(await to.receive()).toEqual(new Uint8Array(10))
    }))

  it('drops a send that was given up before it was let in, and no other', () =>
    withPair({ windowLength: 1 }, async ({ from, to }) => {
      const controller = new AbortController()
      await from.send(Uint8Array.of(1))
      const given = from.send(Uint8Array.of(2), controller)
      const kept = from.send(Uint8Array.of(3))
      controller.abort(new Error('given up'))
      await expect(given).rejects.toThrow('given up')
      expect(await to.receive()).toEqual(Uint8Array.of(1))
      expect(await to.receive()).toEqual(Uint8Array.of(3))
      await kept
    }))

  it('delivers what was sent before a close, then the end, to a receiver that takes its time', () =>
    withPair({ windowLength: 100 }, async ({ simnet, from, to }) => {
      const sends = [1, 2, 3].map((value) => from.send(new Uint8Array(80).fill(value)))
      const closing = from.close()
      const closed = outcome(closing)
      await wait(simnet, 1000)
      // the third frame still waits for room
      expect(closed.state).toBe('pending')
      for (const value of [1, 2, 3]) expect((await to.receive())?.[0]).toBe(value)
      expect(await to.receive()).toBeUndefined()
      expect(await to.receive()).toBeUndefined()
      await Promise.all([...sends, closing])
      expect(await Promise.all([from.closed, to.closed])).toEqual([undefined, undefined])
      await expect(from.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'CLOSED' })
      await expect(to.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'CLOSED' })
    }))

  it('does not hold up who sends to an end that has closed', () =>
    withPair({ windowLength: 100, latencyMs: 10 }, async ({ simnet, from, to }) => {
      // the news of the close takes 10 ms; until then this end sends more than a window
      await to.close()
      const sends = Array.from({ length: 10 }, () => from.send(new Uint8Array(100)))
      const settled = await Promise.allSettled(sends)
      expect(settled[0]).toMatchObject({ status: 'fulfilled' })
      expect(settled.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } })
      expect(await from.receive()).toBeUndefined()
      expect(simnet.clock.now()).toBeLessThan(100)
    }))

  it('takes and drops what comes while its close waits for room at the other end', () =>
    withPair({ windowLength: 100 }, async ({ from, to }) => {
      await from.send(new Uint8Array(100))
      const blocked = from.send(Uint8Array.of(1))
      const closing = from.close()
      for (let index = 0; index < 20; index++) await to.send(new Uint8Array(100))
      expect(outcome(blocked).state).toBe('pending')
      expect((await to.receive())?.length).toBe(100)
      expect(await to.receive()).toEqual(Uint8Array.of(1))
      await Promise.all([blocked, closing])
    }))

  it('is given to who opened it before anything that the other end does to it', async () => {
    for (let seed = 0; seed < 40; seed++) {
      for (const deed of ['abort', 'close', 'send'] as const) {
        const simnet = createSimnet({ seed, latencyMs: { min: 0, max: 100 } })
        const a = simnet.addPeer('a')
        const b = simnet.addPeer('b')
        await simnet.run(async () => {
          await b.connector.accept('/test/1', (channel) => {
            if (deed === 'abort') return channel.abort(new Error('not you'))
            if (deed === 'send') void channel.send(Uint8Array.of(1))
            void channel.close()
          })
          const channel = await a.connector.open(b.id, '/test/1')
          if (deed === 'abort') {
            await expect(channel.receive()).rejects.toMatchObject({ code: 'RESET' })
            return
          }
          if (deed === 'send')
            expect(await channel.receive(), `seed ${seed}`).toEqual(Uint8Array.of(1))
          expect(await channel.receive(), `seed ${seed}`).toBeUndefined()
        })
      }
    }
  })

  it('aborts a channel whose close was given up', () =>
    withPair({ windowLength: 1 }, async ({ from, to }) => {
      const controller = new AbortController()
      await from.send(new Uint8Array(1))
      const stuck = from.send(new Uint8Array(1))
      const closing = from.close(controller)
      const reason = new Error('no patience')
      controller.abort(reason)
      await expect(closing).rejects.toBe(reason)
      await expect(stuck).rejects.toBe(reason)
      expect(await from.closed).toBe(reason)
      expect(await to.closed).toMatchObject({ code: 'RESET' })
    }))
})
