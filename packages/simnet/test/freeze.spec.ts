import type { Channel } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { FRAME_OVERHEAD } from '../src/constants.ts'
import { createSimnet } from '../src/index.ts'
import { outcome, wait, withPair } from './pair.ts'

describe('freeze', () => {
  it('keeps timers back and fires the overdue ones at the thaw, in order, its clock having jumped', () =>
    withPair({}, async ({ simnet, b }) => {
      const startMs = simnet.clock.now()
      const fired: [string, number][] = []
      for (const [name, delayMs] of [
        ['third', 300],
        ['first', 10],
        ['second', 20]
      ] as const) {
        b.clock.schedule(delayMs, () => fired.push([name, b.clock.now() - startMs]))
      }
      const cancel = b.clock.schedule(15, () => fired.push(['cancelled', 0]))
      await wait(simnet, 5)
      b.freeze()
      b.freeze()
      expect(b.state).toBe('frozen')
      await wait(simnet, 95)
      cancel()
      expect(fired).toEqual([])
      b.thaw()
      b.thaw()
      await wait(simnet, 400)
      expect(b.state).toBe('running')
      expect(fired).toEqual([
        ['first', 100],
        ['second', 100],
        ['third', 300]
      ])
    }))

  it('holds up who sends to the peer at a full window, and loses nothing', () =>
    withPair({ windowLength: 10 * FRAME_OVERHEAD }, async ({ simnet, b, from, to }) => {
      const received: number[] = []
      const reading = (async () => {
        for (let frame = await to.receive(); frame !== undefined; frame = await to.receive()) {
          received.push(frame.length)
        }
      })()
      b.freeze()
      let sent = 0
      const sending = (async () => {
        for (; sent < 50; sent++) await from.send(new Uint8Array(sent))
        await from.close()
      })()
      await wait(simnet, 1000)
      expect(sent).toBeGreaterThan(1)
      expect(sent).toBeLessThan(10)
      expect(received).toEqual([])
      b.thaw()
      await Promise.all([sending, reading])
      expect(received).toEqual(Array.from({ length: 50 }, (_, index) => index))
    }))

  it('lets nothing out that the peer still does, until it thaws', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    const directory = simnet.directory()
    const view = directory.join(b)
    const own = directory.join(a)
    return simnet.run(async () => {
      const seen: string[] = []
      b.broadcast.subscribe('topic', () => seen.push('message'))
      b.broadcast.onSubscriber('other', () => seen.push('subscriber'))
      await a.connector.accept('/back/1', () => {})
      const accepted: Channel[] = []
      await b.connector.accept('/test/1', (channel) => {
        seen.push('channel')
        accepted.push(channel)
      })
      const [channel, doomed] = await Promise.all([
        a.connector.open(b.id, '/test/1'),
        a.connector.open(b.id, '/test/1')
      ])
      await accepted[0]!.send(Uint8Array.of(7))
      await wait(simnet, 100)
      seen.length = 0
      view.watch(({ type }) => seen.push(type))
      void accepted[0]!.receive().then(() => seen.push('frame'))
      void accepted[1]!.closed.then((error) => seen.push(String(error?.name)))

      a.freeze()
      const calls = [
        channel.send(Uint8Array.of(1)),
        channel.receive(),
        doomed.closed,
        a.connector.open(b.id, '/test/1'),
        a.connector.open(b.id, '/missing/1').catch(() => {})
      ]
      const outcomes = calls.map(outcome)
      doomed.abort(new Error('on purpose'))
      void a.broadcast.publish('topic', new Uint8Array(1))
      a.broadcast.subscribe('other', () => {})
      own.update({ capabilities: { changed: 'yes' } })
      a.clock.schedule(5, () => seen.push('timer'))
      await wait(simnet, 1000)
      expect(seen).toEqual([])
      expect(outcomes.map(({ state }) => state)).toEqual(calls.map(() => 'pending'))
      a.thaw()
      await wait(simnet, 1000)
      expect(outcomes.map(({ state }) => state)).toEqual(calls.map(() => 'resolved'))
      expect(seen.toSorted()).toEqual(
        ['timer', 'message', 'subscriber', 'update', 'channel', 'frame', 'ChannelError'].toSorted()
      )
    })
  })

  it('leaves sockets open: requests wait, and are unreachable after a while', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10, openTimeoutMs: 500 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    return simnet.run(async () => {
      const accepted: Channel[] = []
      await b.connector.accept('/test/1', (channel) => accepted.push(channel))
      b.freeze()
      const patient = a.connector.open(b.id, '/test/1')
      await wait(simnet, 400)
      const impatient = a.connector.open(b.id, '/test/1')
      b.thaw()
      await Promise.all([patient, impatient])
      b.freeze()
      const startMs = simnet.clock.now()
      const failed = a.connector.open(b.id, '/test/1')
      await expect(failed).rejects.toMatchObject({ code: 'UNREACHABLE', detail: { peer: 'b' } })
      expect(simnet.clock.now() - startMs).toBe(500)
      b.thaw()
      await wait(simnet, 1000)
      // of what was given up meanwhile, the peer learns nothing
      expect(accepted.length).toBe(2)
    })
  })

  it('followed by a crash is a crash', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    return simnet.run(async () => {
      await b.connector.accept('/test/1', () => {})
      const channel = await a.connector.open(b.id, '/test/1')
      b.freeze()
      const opening = a.connector.open(b.id, '/test/1')
      b.clock.schedule(10, () => expect.unreachable('timer of a crashed peer'))
      await wait(simnet, 100)
      b.crash()
      const crashedMs = simnet.clock.now()
      expect(b.state).toBe('crashed')
      b.thaw()
      b.freeze()
      expect(b.state).toBe('crashed')
      await expect(opening).rejects.toMatchObject({ code: 'UNREACHABLE' })
      expect(simnet.clock.now() - crashedMs).toBe(10)
      expect(await channel.closed).toMatchObject({ code: 'RESET' })
      await wait(simnet, 100)
    })
  })

  it('does not reach into a later life', () =>
    withPair({}, async ({ simnet, a, b }) => {
      b.freeze()
      const opening = a.connector.open(b.id, '/test/1')
      await wait(simnet, 100)
      b.crash()
      const again = simnet.addPeer('b')
      expect(again.state).toBe('running')
      await again.connector.accept('/test/1', () => expect.unreachable('an old request'))
      await expect(opening).rejects.toMatchObject({ code: 'UNREACHABLE' })
      b.thaw()
      await wait(simnet, 100)
    }))

  it('before a run lasts into it', async () => {
    const simnet = createSimnet({ seed: 1 })
    const a = simnet.addPeer('a')
    const times: number[] = []
    a.clock.schedule(10, () => times.push(simnet.clock.now()))
    a.freeze()
    await expect(simnet.run(() => new Promise(() => {}))).rejects.toMatchObject({
      code: 'DEADLOCK',
      // an event of a frozen peer makes no time pass
      detail: { nowMs: 0, faults: ['a is frozen (events that wait for it: 1)'] }
    })
    a.thaw()
    // nor does it lose its own
    a.clock.schedule(5, () => times.push(simnet.clock.now()))
    await simnet.run(() => new Promise<void>((resolve) => a.clock.schedule(20, resolve)))
    expect(times).toEqual([5, 10])
    expect(simnet.clock.now()).toBe(20)
  })
})
