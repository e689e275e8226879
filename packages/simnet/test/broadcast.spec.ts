import { describe, expect, it } from 'vitest'
import { createSimnet, type SimPeer } from '../src/index.ts'
import { wait } from './pair.ts'

describe('broadcast', () => {
  it('reaches every other peer that listens when the message arrives, with its author', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const peers = ['a', 'b', 'c', 'd'].map((id) => simnet.addPeer(id))
    const [a, b, c, d] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
    return simnet.run(async () => {
      const heard: unknown[] = []
      for (const peer of [a, b, c]) {
        peer.broadcast.subscribe('topic', ({ topic, from, data }) => {
          heard.push([peer.id, topic, from, [...data], simnet.clock.now()])
        })
      }
      d.broadcast.subscribe('another', () => heard.push('another'))
      c.clock.schedule(9, () => c.crash())
      const data = Uint8Array.of(1, 2)
      await a.broadcast.publish('topic', data)
      // the memory is the caller's again
      data.fill(9)
      await wait(simnet, 100)
      expect(heard).toEqual([['b', 'topic', 'a', [1, 2], 10]])
    })
  })

  it('gives each listener bytes of its own', () => {
    const simnet = createSimnet({ seed: 1 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    return simnet.run(async () => {
      const heard: number[] = []
      for (let listener = 0; listener < 2; listener++) {
        b.broadcast.subscribe('topic', ({ data }) => {
          heard.push(data[0]!)
          data.fill(9)
        })
      }
      await a.broadcast.publish('topic', Uint8Array.of(1))
      await wait(simnet, 100)
      expect(heard).toEqual([1, 1])
    })
  })

  it('may change the order of messages', () => {
    const orders = Array.from({ length: 20 }, async (_, seed) => {
      const simnet = createSimnet({ seed })
      const a = simnet.addPeer('a')
      const b = simnet.addPeer('b')
      return simnet.run(async () => {
        const heard: number[] = []
        b.broadcast.subscribe('topic', ({ data }) => heard.push(data[0]!))
        for (let index = 0; index < 3; index++) {
          await a.broadcast.publish('topic', Uint8Array.of(index))
        }
        await wait(simnet, 100)
        expect(heard.toSorted((x, y) => x - y)).toEqual([0, 1, 2])
        return heard.join('')
      })
    })
    return Promise.all(orders).then((all) => expect(new Set(all).size).toBeGreaterThan(1))
  })

  it('ends a subscription and no other', () => {
    const simnet = createSimnet({ seed: 1 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    return simnet.run(async () => {
      const heard: string[] = []
      const handler = (): void => void heard.push('message')
      const end = b.broadcast.subscribe('topic', handler)
      b.broadcast.subscribe('topic', handler)
      end()
      end()
      await a.broadcast.publish('topic', new Uint8Array(0))
      await wait(simnet, 100)
      expect(heard).toEqual(['message'])
    })
  })

  it('tells of who begins to listen, and tells a new peer of who listens already', () => {
    const simnet = createSimnet({ seed: 1, latencyMs: 10 })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    return simnet.run(async () => {
      const seen: string[] = []
      const watch = (peer: SimPeer) =>
        peer.broadcast.onSubscriber('topic', (other) => {
          seen.push(`${peer.id} sees ${other} at ${simnet.clock.now()}`)
        })
      const end = watch(a)
      watch(b)
      const unsubscribe = a.broadcast.subscribe('topic', () => {})
      // more of the same peer is no beginning
      a.broadcast.subscribe('topic', () => {})
      b.broadcast.subscribe('another', () => {})
      await wait(simnet, 100)
      unsubscribe()
      const gone = simnet.addPeer('gone')
      gone.broadcast.subscribe('topic', () => {})
      gone.crash()
      watch(simnet.addPeer('c'))
      end()
      b.broadcast.subscribe('topic', () => {})
      await wait(simnet, 100)
      // the news of the dead peer were under way to b; nobody is left to tell them to c
      expect(seen).toEqual([
        'b sees a at 10',
        'b sees gone at 110',
        'c sees a at 110',
        'c sees b at 110'
      ])
    })
  })

  it('refuses what is too long, and a signal that was aborted', async () => {
    const { broadcast } = createSimnet({ seed: 1 }).addPeer('a')
    const length = broadcast.maxMessageLength + 1
    await expect(broadcast.publish('topic', new Uint8Array(length))).rejects.toMatchObject({
      name: 'SimnetError',
      code: 'MESSAGE_TOO_LARGE',
      detail: { length, limit: length - 1 }
    })
    await broadcast.publish('topic', new Uint8Array(length - 1))
    const reason = new Error('no')
    await expect(
      broadcast.publish('topic', new Uint8Array(1), { signal: AbortSignal.abort(reason) })
    ).rejects.toBe(reason)
  })
})
