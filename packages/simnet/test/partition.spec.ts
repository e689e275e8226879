import type { Channel } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createSimnet } from '../src/index.ts'
import { outcome, wait, withPair } from './pair.ts'

describe('partition', () => {
  it('stalls what travels between groups, and lets it arrive in order after it is healed', () =>
    withPair({ latencyMs: { min: 10, max: 50 } }, async ({ simnet, from, to }) => {
      for (let index = 0; index < 10; index++) await from.send(Uint8Array.of(index))
      await wait(simnet, 25)
      // some have arrived, some are under way
      simnet.partition([['a'], ['b']])
      for (let index = 10; index < 20; index++) await from.send(Uint8Array.of(index))
      const received: number[] = []
      const closing = from.close()
      const reading = (async () => {
        for (let frame = await to.receive(); frame !== undefined; frame = await to.receive()) {
          received.push(frame[0]!)
        }
      })()
      await wait(simnet, 1000)
      expect(received.length).toBeLessThan(10)
      simnet.heal()
      await Promise.all([reading, closing])
      expect(received).toEqual(Array.from({ length: 20 }, (_, index) => index))
    }))

  it('resets channels at both ends when it lasts, idle ones too, and none within a group', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10, stallTimeoutMs: 5000 })
    const [a, b, c] = ['a', 'b', 'c'].map((id) => simnet.addPeer(id))
    return simnet.run(async () => {
      const accepted: Channel[] = []
      for (const peer of [b!, c!]) {
        await peer.connector.accept('/test/1', (channel) => accepted.push(channel))
      }
      const across = await a!.connector.open(b!.id, '/test/1')
      const within = outcome((await a!.connector.open(c!.id, '/test/1')).closed)
      const startMs = simnet.clock.now()
      simnet.partition([['b']])
      const reset = { code: 'RESET' }
      expect(await across.closed).toMatchObject({ ...reset, detail: { peer: 'b' } })
      expect(simnet.clock.now() - startMs).toBe(5000)
      expect(await accepted[0]!.closed).toMatchObject({ ...reset, detail: { peer: 'a' } })
      await wait(simnet, 10_000)
      expect(within.state).toBe('pending')
      // a shorter one, after it, resets nothing
      simnet.heal()
      const again = outcome((await a!.connector.open(b!.id, '/test/1')).closed)
      simnet.partition([['b']])
      await wait(simnet, 3000)
      simnet.heal()
      simnet.partition([['b']])
      await wait(simnet, 3000)
      simnet.heal()
      await wait(simnet, 10_000)
      expect(again.state).toBe('pending')
    })
  })

  it('makes peers of other groups unreachable, and reachable if it ends in time', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10, openTimeoutMs: 1000 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    return simnet.run(async () => {
      const accepted: Channel[] = []
      await b.connector.accept('/test/1', (channel) => accepted.push(channel))
      // at the call, with the request under way, and with the answer under way
      for (const delayMs of [0, 5, 15]) {
        const startMs = simnet.clock.now()
        const early = delayMs > 0 ? a.connector.open(b.id, '/test/1') : undefined
        await wait(simnet, delayMs)
        simnet.partition([['a'], ['b']])
        const opening = early ?? a.connector.open(b.id, '/test/1')
        await expect(opening).rejects.toMatchObject({ code: 'UNREACHABLE' })
        expect(simnet.clock.now() - startMs).toBe(1000)
        simnet.heal()
        await wait(simnet, 100)
        // what the other end has of it is gone as well
        for (const channel of accepted.splice(0)) {
          expect(await channel.closed).toMatchObject({ code: 'RESET' })
        }

        simnet.partition([['a']])
        const late = a.connector.open(b.id, '/test/1')
        await wait(simnet, 900)
        simnet.heal()
        await late
        accepted.length = 0
      }
    })
  })

  it('holds for ways that are first used in it, and for later lives', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10, openTimeoutMs: 100 })
    simnet.partition([['a'], ['b']])
    const a = simnet.addPeer('a')
    return simnet.run(async () => {
      for (let life = 0; life < 2; life++) {
        const b = simnet.addPeer('b')
        await b.connector.accept('/test/1', () => {})
        await expect(a.connector.open(b.id, '/test/1')).rejects.toMatchObject({
          code: 'UNREACHABLE'
        })
        b.crash()
      }
    })
  })

  it('loses broadcast messages, and only delays who listens and who is there', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    const directory = simnet.directory()
    const view = directory.join(b)
    return simnet.run(async () => {
      const heard: number[] = []
      const subscribers: string[] = []
      b.broadcast.subscribe('topic', ({ data }) => heard.push(data[0]!))
      b.broadcast.onSubscriber('other', (peer) => subscribers.push(peer))
      await a.broadcast.publish('topic', Uint8Array.of(1))
      await wait(simnet, 5)
      simnet.partition([['a'], ['b']])
      await a.broadcast.publish('topic', Uint8Array.of(2))
      a.broadcast.subscribe('other', () => {})
      directory.join(a)
      await wait(simnet, 100)
      expect([...view.peers()]).toEqual([])
      simnet.heal()
      await a.broadcast.publish('topic', Uint8Array.of(3))
      await wait(simnet, 100)
      expect(heard).toEqual([3])
      expect(subscribers).toEqual(['a'])
      expect([...view.peers()].map(({ peer }) => peer)).toEqual(['a'])
    })
  })

  it('refuses a peer in two groups, and ids that are none', () => {
    const simnet = createSimnet({ seed: 1 })
    expect(() => simnet.partition([['a', 'b'], ['b']])).toThrow(
      expect.objectContaining({ name: 'SimnetError', code: 'BAD_OPTION' })
    )
    expect(() => simnet.partition([['not an id']])).toThrow(TypeError)
    expect(() => simnet.cut('a', '')).toThrow(TypeError)
  })
})

describe('cut', () => {
  it('blocks one way and not the other', () =>
    withPair({ stallTimeoutMs: 10_000 }, async ({ simnet, from, to }) => {
      simnet.cut('a', 'b')
      await from.send(Uint8Array.of(1))
      await to.send(Uint8Array.of(2))
      expect(await from.receive()).toEqual(Uint8Array.of(2))
      const waiting = to.receive()
      const arrived = outcome(waiting)
      await wait(simnet, 1000)
      expect(arrived.state).toBe('pending')
      const restoredMs = simnet.clock.now()
      simnet.restore('a', 'b')
      expect(await waiting).toEqual(Uint8Array.of(1))
      expect(simnet.clock.now() - restoredMs).toBe(10)
    }))

  it('stays when it lies between groups of a partition that is replaced, and ends when all is healed', () =>
    withPair({ stallTimeoutMs: Infinity }, async ({ simnet, from, to }) => {
      simnet.cut('a', 'b')
      simnet.partition([['a'], ['b']])
      simnet.partition([])
      const waiting = to.receive()
      const arrived = outcome(waiting)
      await from.send(Uint8Array.of(1))
      await wait(simnet, 1e6)
      expect(arrived.state).toBe('pending')
      simnet.heal()
      expect(await waiting).toEqual(Uint8Array.of(1))
    }))

  it('resets both ends when it lasts', () =>
    withPair({ stallTimeoutMs: 100 }, async ({ simnet, from, to }) => {
      simnet.cut('b', 'a')
      const ends = await Promise.all([from.closed, to.closed])
      expect(ends).toMatchObject([{ code: 'RESET' }, { code: 'RESET' }])
    }))
})

describe('resetLink', () => {
  it('fails channels and requests at once, at frozen peers when they thaw, and leaves the way open', () =>
    withPair({}, async ({ simnet, a, b, from, to }) => {
      await from.send(Uint8Array.of(1))
      const opening = a.connector.open(b.id, '/test/1')
      b.freeze()
      const resetMs = simnet.clock.now()
      simnet.resetLink('b', 'a')
      await expect(opening).rejects.toMatchObject({ code: 'UNREACHABLE' })
      expect(await from.closed).toMatchObject({ code: 'RESET', detail: { peer: 'b' } })
      expect(simnet.clock.now()).toBe(resetMs)
      const there = outcome(to.closed)
      await wait(simnet, 100)
      expect(there.state).toBe('pending')
      b.thaw()
      expect(await to.closed).toMatchObject({ code: 'RESET', detail: { peer: 'a' } })
      const again = await a.connector.open(b.id, '/test/1')
      await again.send(Uint8Array.of(2))
    }))
})
