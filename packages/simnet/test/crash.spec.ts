import type { Channel } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createSimnet } from '../src/index.ts'
import { outcome, wait, withPair } from './pair.ts'

describe('crash', () => {
  it('is seen as RESET at the other ends after the latency', () =>
    withPair({}, async ({ simnet, b, from }) => {
      const crashedMs = simnet.clock.now()
      b.crash()
      expect(await from.closed).toMatchObject({ code: 'RESET', detail: { peer: 'b' } })
      expect(simnet.clock.now()).toBe(crashedMs + 10)
      await expect(from.receive()).rejects.toMatchObject({ code: 'RESET' })
      await expect(from.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'RESET' })
    }))

  it('lets arrive what was on its way', () =>
    withPair({}, async ({ simnet, a, from, to }) => {
      await from.send(Uint8Array.of(1))
      await wait(simnet, 1)
      a.crash()
      expect(await to.receive()).toEqual(Uint8Array.of(1))
      await expect(to.receive()).rejects.toMatchObject({ code: 'RESET' })
    }))

  it('leaves every promise of the peer pending, whatever happens elsewhere', () =>
    withPair({ windowLength: 1 }, async ({ simnet, a, b, from, to }) => {
      const controller = new AbortController()
      const third = simnet.addPeer('third')
      await third.connector.accept('/test/1', () => {})
      await from.send(new Uint8Array(1))
      const before = [
        from.send(new Uint8Array(1), controller),
        from.receive(controller),
        from.close(controller),
        a.connector.open(third.id, '/test/1', controller),
        from.closed
      ].map(outcome)
      // what ended in the very moment of the call is not the crash's
      await Promise.resolve()
      a.crash()
      const after = [
        from.send(new Uint8Array(1), controller),
        from.receive(controller),
        from.close(controller),
        a.connector.open(third.id, '/test/1', controller),
        a.connector.accept('/test/2', () => {}),
        a.connector.stop(),
        a.broadcast.publish('topic', new Uint8Array(1))
      ].map(outcome)
      await to.receive()
      to.abort(new Error('too late'))
      b.crash()
      await wait(simnet, 1000)
      controller.abort(new Error('too late'))
      await wait(simnet, 1000)
      // the receive was settled by the close that followed it
      expect(before.map(({ state }) => state)).toEqual([
        'pending',
        'rejected',
        'pending',
        'pending',
        'pending'
      ])
      expect(after.map(({ state }) => state)).toEqual(after.map(() => 'pending'))
    }))

  it('leaves nothing that the peer does an effect', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    const directory = simnet.directory()
    const view = directory.join(b)
    return simnet.run(async () => {
      const seen: unknown[] = []
      b.broadcast.subscribe('topic', (message) => seen.push(message))
      b.broadcast.onSubscriber('topic', (peer) => seen.push(peer))
      view.watch((event) => seen.push(event))
      await b.connector.accept('/test/1', (channel) => seen.push(channel))
      await a.connector.accept('/test/1', (channel) => seen.push(channel))
      a.clock.schedule(5, () => seen.push('timer'))
      a.crash()
      a.crash()
      void a.broadcast.publish('topic', new Uint8Array(1))
      a.broadcast.subscribe('topic', (message) => seen.push(message))
      void a.connector.open(b.id, '/test/1')
      void a.connector.accept('/test/2', (channel) => seen.push(channel))
      a.clock.schedule(5, () => seen.push('timer'))
      directory.join(a).leave()
      await wait(simnet, 1000)
      expect(seen).toEqual([])
      expect([...view.peers()]).toEqual([])
      await expect(b.connector.open(a.id, '/test/1')).rejects.toMatchObject({ code: 'UNREACHABLE' })
    })
  })

  it('before the request arrives makes a peer unreachable; while the answer is under way, a reset', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const a = simnet.addPeer('a')
    return simnet.run(async () => {
      for (const [crashMs, expected] of [
        [9, 'UNREACHABLE'],
        [11, 'RESET']
      ] as const) {
        const b = simnet.addPeer('b')
        await b.connector.accept('/test/1', () => {})
        b.clock.schedule(crashMs, () => b.crash())
        const startMs = simnet.clock.now()
        const failed = a.connector
          .open(b.id, '/test/1')
          .then((channel) => channel.receive())
          .then(
            () => 'nothing',
            (error: unknown) => (error as { code: string }).code
          )
        expect(await failed).toBe(expected)
        expect(simnet.clock.now() - startMs).toBe(expected === 'RESET' ? 21 : 20)
      }
    })
  })

  it('of the one that opens leaves no channel behind at the other', async () => {
    for (let crashMs = 0; crashMs < 40; crashMs += 3) {
      const simnet = createSimnet({ seed: crashMs })
      const a = simnet.addPeer('a')
      const b = simnet.addPeer('b')
      await simnet.run(async () => {
        const accepted: Channel[] = []
        await b.connector.accept('/test/1', (channel) => accepted.push(channel))
        a.clock.schedule(crashMs, () => a.crash())
        void a.connector.open(b.id, '/test/1')
        await wait(simnet, 1000)
        for (const channel of accepted) {
          expect(await channel.closed).toMatchObject({ code: 'RESET' })
        }
      })
    }
  })

  it('can be followed by another life, which is not taken for the first', () =>
    withPair({}, async ({ simnet, a, b, from }) => {
      const firstDraw = b.random.next()
      expect(() => simnet.addPeer('b')).toThrow(expect.objectContaining({ code: 'PEER_EXISTS' }))
      const late = from.send(Uint8Array.of(1))
      b.crash()
      const again = simnet.addPeer('b')
      expect(again.random.next()).not.toBe(firstDraw)
      const accepted = Promise.withResolvers<Channel>()
      await again.connector.accept('/test/1', accepted.resolve)
      await late
      // the old channel does not lead to the new life
      expect(await from.closed).toMatchObject({ code: 'RESET' })
      const anew = await a.connector.open(b.id, '/test/1')
      await anew.send(Uint8Array.of(2))
      expect(await (await accepted.promise).receive()).toEqual(Uint8Array.of(2))
      b.crash()
      await anew.send(Uint8Array.of(3))
      expect(await (await accepted.promise).receive()).toEqual(Uint8Array.of(3))
    }))
})
