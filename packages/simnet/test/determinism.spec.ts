import type { Channel } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createSimnet, createTrace, formatTraceEntry, type SimPeer } from '../src/index.ts'

/** A program with traffic everywhere, losses and draws; what happened, as text. */
async function happenings(seed: number | string): Promise<string> {
  const trace = createTrace({ limit: 100_000 })
  const simnet = createSimnet({ seed, bandwidth: 1e6, windowLength: 2000, trace: trace.sink })
  const peers = Array.from({ length: 6 }, (_, index) => simnet.addPeer(`p${index}`))

  async function drain(channel: Channel): Promise<void> {
    while ((await channel.receive()) !== undefined);
  }
  async function talk(peer: SimPeer): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      const other = peers[Math.floor(peer.random.next() * peers.length)]!
      try {
        const channel = await peer.connector.open(other.id, '/test/1')
        const frame = peer.random.fill(new Uint8Array(1 + Math.floor(peer.random.next() * 1500)))
        for (let index = 0; index < 3; index++) await channel.send(frame)
        await channel.close()
        await peer.broadcast.publish('topic', frame)
      } catch {
        await new Promise<void>((resolve) => peer.clock.schedule(1, resolve))
      }
    }
  }
  await simnet.run(async () => {
    for (const peer of peers) {
      peer.broadcast.subscribe('topic', () => {})
      await peer.connector.accept('/test/1', (channel) => void drain(channel).catch(() => {}))
    }
    peers[5]!.clock.schedule(50, () => peers[5]!.crash())
    await Promise.all(peers.slice(0, 5).map(talk))
  })
  return `${trace.toString()}\n${simnet.events} events`
}

describe('one seed', () => {
  it('gives one run, event for event, and another seed another', async () => {
    const first = await happenings(7)
    expect(first.split('\n').length).toBeGreaterThan(200)
    expect(await happenings(7)).toBe(first)
    expect(await happenings('7')).toBe(first)
    expect(await happenings(8)).not.toBe(first)
  })

  it('is not disturbed by what the platform does meanwhile', async () => {
    const quiet = await happenings(7)
    let busy = true
    const disturb = (): void => {
      if (busy) setTimeout(disturb, 0)
    }
    disturb()
    const disturbed = await Promise.all([happenings(7), happenings(7)])
    busy = false
    expect(disturbed).toEqual([quiet, quiet])
  })

  it('gives each peer a stream of its own', () => {
    const draw = (others: number): number => {
      const simnet = createSimnet({ seed: 1 })
      const a = simnet.addPeer('a')
      const b = simnet.addPeer('b')
      for (let index = 0; index < others; index++) {
        a.random.next()
        simnet.random.next()
      }
      return b.random.next()
    }
    expect(draw(10)).toBe(draw(0))
  })

  it('gives each link delays of its own', () => {
    const arrivals = (messages: number): Promise<readonly number[]> => {
      const simnet = createSimnet({ seed: 1 })
      const [a, b, c] = ['a', 'b', 'c'].map((id) => simnet.addPeer(id)) as [
        SimPeer,
        SimPeer,
        SimPeer
      ]
      return simnet.run(async () => {
        for (const peer of [b, c]) await peer.connector.accept('/test/1', () => {})
        for (let index = 0; index < messages; index++) void a.connector.open(c.id, '/test/1')
        const times: number[] = []
        for (let index = 0; index < 3; index++) {
          await a.connector.open(b.id, '/test/1')
          times.push(simnet.clock.now())
        }
        return times
      })
    }
    return Promise.all([arrivals(0), arrivals(10)]).then(([alone, beside]) => {
      expect(beside).toEqual(alone)
    })
  })

  it('draws different delays for different links', () => {
    const simnet = createSimnet({ seed: 1 })
    const [a, ...others] = ['a', 'b', 'c', 'd'].map((id) => simnet.addPeer(id))
    return simnet.run(async () => {
      const arrivals = others.map(
        ({ broadcast, clock }) =>
          new Promise<number>((resolve) => broadcast.subscribe('topic', () => resolve(clock.now())))
      )
      await a!.broadcast.publish('topic', new Uint8Array(1))
      expect(new Set(await Promise.all(arrivals)).size).toBe(3)
    })
  })
})

describe('trace', () => {
  it('prints what happened, a line each', async () => {
    const trace = createTrace()
    const simnet = createSimnet({ seed: 1, latencyMs: 5, trace: trace.sink })
    const a = simnet.addPeer('a')
    const b = simnet.addPeer('b')
    await simnet.run(async () => {
      const done = Promise.withResolvers<void>()
      await b.connector.accept('/test/1', (channel) => {
        void channel.receive().then(() => {
          channel.abort(new Error('enough'))
          b.crash()
        })
      })
      b.broadcast.subscribe('topic', () => done.resolve())
      await a.broadcast.publish('topic', new Uint8Array(3))
      await done.promise
      const channel = await a.connector.open(b.id, '/test/1')
      await channel.send(new Uint8Array(9))
      await channel.closed
      await a.connector.open(b.id, '/test/1').catch(() => {})
    })
    expect(trace.toString().split('\n')).toEqual([
      '0.000 ms  a  peer',
      '0.000 ms  b  peer',
      '0.000 ms  a  publish  3 B  topic',
      '5.000 ms  a → b  hear  3 B  topic',
      '5.000 ms  a → b  open  #1 /test/1',
      '10.000 ms  b → a  accept  #1 /test/1',
      '15.000 ms  a → b  send  9 B  #1 /test/1',
      '20.000 ms  a → b  deliver  9 B  #1 /test/1',
      '20.000 ms  b → a  abort  #1 /test/1',
      '20.000 ms  b  crash',
      '25.000 ms  b → a  reset  #1 /test/1',
      '25.000 ms  a → b  open  #2 /test/1',
      '30.000 ms  b → a  refuse  #2 /test/1'
    ])
  })

  it('keeps the last entries only', () => {
    const trace = createTrace({ limit: 2 })
    const simnet = createSimnet({ seed: 1, trace: trace.sink })
    for (const id of ['a', 'b', 'c', 'd', 'e']) simnet.addPeer(id)
    expect(trace.entries().map(formatTraceEntry)).toEqual([
      '0.000 ms  d  peer',
      '0.000 ms  e  peer'
    ])
    expect(() => createTrace({ limit: 0 })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
  })
})
