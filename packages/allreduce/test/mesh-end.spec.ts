import type { Channel, Connector, PeerId } from '@daa-compute/interface'
import { createSimnet, type SimPeer } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { encodeGreeting, type Greeting } from '../src/mesh/greeting.ts'
import type { MeshHandlers } from '../src/mesh/mesh-init.ts'
import { Mesh } from '../src/mesh/mesh.ts'
import { sleep } from './group-of.ts'

const CONTROL = '/daa/allreduce/control/test'
const DATA = '/daa/allreduce/data/test'

function greetingOf(life: number): Greeting {
  return { runId: 'test', incarnation: String(life).padStart(16, '0'), hasher: 'sha-256' }
}

/** A connector that keeps an account of the channels that are not over. */
function counted(connector: Connector, open: Set<Channel>): Connector {
  const count = (channel: Channel): Channel => {
    open.add(channel)
    void channel.closed.then(() => open.delete(channel))
    return channel
  }
  return {
    self: connector.self,
    open: async (peer, protocol, options) => count(await connector.open(peer, protocol, options)),
    accept: (protocol, handler) => connector.accept(protocol, (channel) => handler(count(channel)))
  }
}

interface Scene {
  readonly one: { readonly peer: SimPeer; readonly mesh: Mesh; readonly open: Set<Channel> }
  readonly other: { readonly peer: SimPeer; readonly mesh: Mesh; readonly open: Set<Channel> }
  readonly stranger: SimPeer
}

/** Two meshes and a stranger that knows of them. */
async function inScene(
  handlers: Partial<MeshHandlers>,
  play: (scene: Scene) => Promise<void>
): Promise<void> {
  const net = createSimnet({ seed: 3, latencyMs: 2, windowLength: 256 })
  const directory = net.directory()
  const add = (name: string, life: number): Scene['one'] => {
    const peer = net.addPeer(name)
    const open = new Set<Channel>()
    const mesh = new Mesh({
      connector: counted(peer.connector, open),
      clock: peer.clock,
      directory: directory.join(peer),
      greeting: greetingOf(life),
      handlers: {
        onUp: () => undefined,
        onDown: () => undefined,
        onRefused: () => undefined,
        onControl: () => undefined,
        onData: () => undefined,
        ...handlers
      }
    })
    return { peer, mesh, open }
  }
  const one = add('one', 0)
  const other = add('other', 1)
  const stranger = net.addPeer('stranger')
  await net.run(async () => {
    await Promise.all([one.mesh.start(), other.mesh.start()])
    await play({ one, other, stranger })
  })
}

/** Stops a mesh and sees that nothing of it is left, soon. */
async function expectNothingLeft({ mesh, open, peer }: Scene['one']): Promise<void> {
  const startMs = peer.clock.now()
  await mesh.stop()
  expect(peer.clock.now() - startMs).toBeLessThan(3_000)
  await sleep(peer, 0)
  expect([...open].map((channel) => channel.peer)).toEqual([])
}

async function talk(from: Mesh, to: PeerId, frames = 3): Promise<void> {
  for (let i = 0; i < frames; i++) await from.sendData(to, new Uint8Array(100).fill(i), i)
}

describe('a mesh that stops', () => {
  it('leaves no channel of a link', async () => {
    await inScene({}, async ({ one, other }) => {
      await sleep(one.peer, 50)
      await Promise.all([talk(one.mesh, other.peer.id), talk(other.mesh, one.peer.id)])
      await sleep(one.peer, 10)
      expect(one.open.size).toBe(8)
      await expectNothingLeft(one)
      await expectNothingLeft(other)
    })
  })

  it('leaves none of a peer that was dropped for what it sent', async () => {
    const handlers: Partial<MeshHandlers> = {
      onData: (_, frame) => (frame[0] === 2 ? Promise.reject(new Error('nonsense')) : undefined)
    }
    await inScene(handlers, async ({ one, other }) => {
      await sleep(one.peer, 50)
      await talk(one.mesh, other.peer.id)
      await sleep(one.peer, 100)
      expect(other.mesh.get(one.peer.id)).toBeUndefined()
      // the offender sees every channel end, though its mesh goes on
      expect([...one.open].map((channel) => channel.peer)).toEqual([])
      await expectNothingLeft(one)
      await expectNothingLeft(other)
    })
  })

  it('leaves none of a peer that was dropped and does not mind', async () => {
    const handlers: Partial<MeshHandlers> = {
      onData: () => Promise.reject(new Error('nonsense'))
    }
    await inScene(handlers, async ({ one, stranger }) => {
      const control = await stranger.connector.open(one.peer.id, CONTROL)
      await control.send(encodeGreeting(greetingOf(7)))
      const channels: Channel[] = []
      for (const tag of [0, 1, 2]) {
        const channel = await stranger.connector.open(one.peer.id, DATA)
        await channel.send(encodeGreeting({ ...greetingOf(7), tag }))
        channels.push(channel)
      }
      await sleep(one.peer, 20)
      await channels[1]?.send(new Uint8Array(5))
      await sleep(one.peer, 20)
      // dropped at once: it need not wait for the end of the mesh
      expect([...one.open].filter(({ peer }) => peer === stranger.id)).toEqual([])
      await expectNothingLeft(one)
    })
  })

  it('leaves none of a peer that was dropped and does not listen', async () => {
    await inScene({}, async ({ one, other }) => {
      await sleep(one.peer, 50)
      await Promise.all([talk(one.mesh, other.peer.id), talk(other.mesh, one.peer.id)])
      other.peer.freeze()
      one.mesh.drop(other.peer.id, 'a reason that does not fit its window. '.repeat(10))
      await sleep(one.peer, 100)
      await expectNothingLeft(one)
    })
  })

  it('leaves none while frames of a peer are held up', async () => {
    const held = Promise.withResolvers<void>()
    await inScene({ onData: () => held.promise }, async ({ one, other }) => {
      await sleep(one.peer, 50)
      await Promise.all([talk(one.mesh, other.peer.id), talk(other.mesh, one.peer.id)])
      const more = Array.from({ length: 9 }, () =>
        one.mesh.sendData(other.peer.id, new Uint8Array(200), 0).catch(() => undefined)
      )
      await sleep(one.peer, 10)
      await expectNothingLeft(other)
      await expectNothingLeft(one)
      await Promise.all(more)
      held.resolve()
    })
  })

  it.each([CONTROL, DATA])('leaves none that a stranger has opened (%s)', async (protocol) => {
    await inScene({}, async ({ one, stranger }) => {
      const open = (): Promise<Channel> => stranger.connector.open(one.peer.id, protocol)
      const [, garbled, greeted] = await Promise.all([open(), open(), open()])
      await garbled.send(new Uint8Array(9))
      await greeted.send(encodeGreeting(greetingOf(7)))
      // whatever they are told they do not read
      await sleep(one.peer, 20)
      await expectNothingLeft(one)
    })
  })

  const moments = Array.from({ length: 26 }, (_, ms) => ms)
  it.each(moments)('leaves none whatever it was doing, %i ms from its start', async (ms) => {
    await inScene({}, async ({ one, other, stranger }) => {
      const act = async (): Promise<void> => {
        const channel = await stranger.connector.open(one.peer.id, CONTROL)
        await channel.send(encodeGreeting(greetingOf(7)))
        const data = await stranger.connector.open(one.peer.id, DATA)
        await data.send(encodeGreeting(greetingOf(7)))
      }
      const acting = act().catch(() => undefined)
      const talking = (async () => {
        await sleep(other.peer, 9)
        await talk(one.mesh, other.peer.id)
        one.mesh.drop(other.peer.id, 'nonsense')
      })().catch(() => undefined)
      await sleep(one.peer, ms)
      await expectNothingLeft(one)
      await Promise.all([acting, talking])
      // nor does one come back to life
      await sleep(one.peer, 15_000)
      expect(one.open.size).toBe(0)
      await expectNothingLeft(other)
    })
  })
})

describe('a linked peer that opens a channel with nonsense', () => {
  it.each([CONTROL, DATA])('is dropped, and not let in again (%s)', async (protocol) => {
    const downs: string[] = []
    const handlers: Partial<MeshHandlers> = {
      onDown: (peer, reason) => void downs.push(`${peer}: ${reason}`),
      onRefused: (peer, reason) => void downs.push(`refused by ${peer}: ${reason}`)
    }
    await inScene(handlers, async ({ one, other }) => {
      await sleep(one.peer, 50)
      const channel = await other.peer.connector.open(one.peer.id, protocol)
      await channel.send(Uint8Array.of(1, 2, 3, 4, 5, 6, 7))
      await sleep(one.peer, 20_000)
      expect(downs[0]).toMatch(/^other: .*magic/)
      expect(downs).toContainEqual(expect.stringMatching(/^refused by one: .*magic/))
      expect(one.mesh.get(other.peer.id)).toBeUndefined()
      await expectNothingLeft(one)
      await expectNothingLeft(other)
    })
  })
})
