import type { Channel, PeerId } from '@daa-compute/interface'
import { createSimnet, type Simnet, type SimnetInit, type SimPeer } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { encodeGreeting } from '../src/mesh/greeting.ts'
import type { MeshHandlers } from '../src/mesh/mesh-init.ts'
import { Mesh } from '../src/mesh/mesh.ts'
import { sleep } from './group-of.ts'

interface Member {
  readonly peer: SimPeer
  readonly mesh: Mesh
  readonly log: string[]
}

interface World {
  readonly net: Simnet
  readonly directory: ReturnType<Simnet['directory']>
  /** Adds a peer whose mesh has yet to be started. */
  add(name: string, handlers?: Partial<MeshHandlers>, refuse?: (peer: PeerId) => string): Member
}

function world(init: Partial<SimnetInit> = {}): World {
  const net = createSimnet({ seed: 5, latencyMs: 2, ...init })
  const directory = net.directory()
  let lives = 0
  return {
    net,
    directory,
    add(name, handlers = {}, refuse) {
      const peer = net.addPeer(name)
      const log: string[] = []
      const mesh = new Mesh({
        connector: peer.connector,
        clock: peer.clock,
        directory: directory.join(peer),
        greeting: {
          runId: 'test',
          incarnation: String(lives++).padStart(16, '0'),
          hasher: 'sha-256'
        },
        ...(refuse === undefined ? {} : { refuse }),
        handlers: {
          onUp: (other) => void log.push(`up ${other}`),
          onDown: (other, reason) => void log.push(`down ${other}: ${reason}`),
          onRefused: (other, reason) => void log.push(`refused ${other}: ${reason}`),
          onControl: (other, message) => void log.push(`control ${other} ${message.join()}`),
          onData(other, frame, tag) {
            log.push(`data ${other} ${frame.join()} tag ${tag}`)
            return undefined
          },
          ...handlers
        }
      })
      return { peer, mesh, log }
    }
  }
}

/** Opens a data channel by hand, as a peer of another kind would. */
async function openData(from: SimPeer, to: PeerId, life: number, tag: number): Promise<Channel> {
  const channel = await from.connector.open(to, '/daa/allreduce/data/test')
  const incarnation = String(life).padStart(16, '0')
  await channel.send(encodeGreeting({ runId: 'test', incarnation, hasher: 'sha-256', tag }))
  return channel
}

describe('a mesh', () => {
  it('carries data by tag, and one tag that is held up holds up no other', async () => {
    const { net, add } = world()
    const release = Promise.withResolvers<void>()
    const taken: string[] = []
    const one = add('one')
    const other = add('other', {
      onData(_, frame, tag) {
        taken.push(`${tag}: ${frame.join()}`)
        return tag === 1 ? release.promise : undefined
      }
    })
    await net.run(async () => {
      await Promise.all([one.mesh.start(), other.mesh.start()])
      await sleep(one.peer, 50)
      const to = other.peer.id
      await one.mesh.sendData(to, Uint8Array.of(1), 1)
      await one.mesh.sendData(to, Uint8Array.of(2), 1)
      await one.mesh.sendData(to, Uint8Array.of(3), 9)
      await one.mesh.sendData(to, Uint8Array.of(4))
      await sleep(one.peer, 50)
      expect(taken.toSorted()).toEqual(['0: 4', '1: 1', '9: 3'])
      release.resolve()
      await sleep(one.peer, 50)
      expect(taken.at(-1)).toBe('1: 2')
      await Promise.all([one.mesh.stop(), other.mesh.stop()])
    })
  })

  it('knows how far away a peer is', async () => {
    const { net, add } = world({ latencyMs: 30 })
    const [one, other] = [add('one'), add('other')]
    await net.run(async () => {
      await Promise.all([one.mesh.start(), other.mesh.start()])
      await sleep(one.peer, 500)
      const rttMs = one.mesh.get(other.peer.id)?.rttMs ?? NaN
      expect(rttMs).toBeGreaterThanOrEqual(60)
      expect(rttMs).toBeLessThan(70)
      await Promise.all([one.mesh.stop(), other.mesh.stop()])
    })
  })

  it('tries soon again to reach a peer that is just starting', async () => {
    const { net, add } = world()
    const [one, other] = [add('one'), add('other')]
    await net.run(async () => {
      await one.mesh.start()
      await sleep(one.peer, 30)
      expect(one.mesh.unreachable().has(other.peer.id)).toBe(true)
      const startMs = net.clock.now()
      await other.mesh.start()
      while (one.mesh.get(other.peer.id) === undefined) await sleep(one.peer, 1)
      expect(net.clock.now() - startMs).toBeLessThan(60)
      await Promise.all([one.mesh.stop(), other.mesh.stop()])
    })
  })

  it('does not wait for its next try when the peer comes by itself', async () => {
    const { net, add } = world()
    const [one, other] = [add('one'), add('other')]
    await net.run(async () => {
      await one.mesh.start()
      // by now many seconds lie between two tries
      await sleep(one.peer, 60_000)
      const startMs = net.clock.now()
      await other.mesh.start()
      while (other.log.length === 0) await sleep(one.peer, 1)
      expect(net.clock.now() - startMs).toBeLessThan(50)
      await Promise.all([one.mesh.stop(), other.mesh.stop()])
    })
  })

  it('links up again after a link broke, and with a peer that was restarted', async () => {
    const { net, add } = world()
    const [one, other] = [add('one'), add('other')]
    await net.run(async () => {
      await Promise.all([one.mesh.start(), other.mesh.start()])
      await sleep(one.peer, 50)
      one.mesh.disconnect(other.peer.id, 'of no use')
      await sleep(one.peer, 100)
      expect(one.log).toEqual(['up other', 'down other: of no use', 'up other'])
      other.peer.crash()
      await sleep(one.peer, 100)
      const again = add('other')
      await again.mesh.start()
      await sleep(one.peer, 1000)
      expect(one.log.at(-1)).toBe('up other')
      expect(again.log).toEqual(['up one'])
      one.mesh.send(again.peer.id, Uint8Array.of(7))
      await sleep(one.peer, 50)
      expect(again.log.at(-1)).toBe('control one 7')
      await Promise.all([one.mesh.stop(), again.mesh.stop()])
    })
  })

  it('lets a peer that was dropped in no more, until it is restarted', async () => {
    const { net, add } = world()
    const [one, other] = [add('one'), add('other')]
    await net.run(async () => {
      await Promise.all([one.mesh.start(), other.mesh.start()])
      await sleep(one.peer, 50)
      one.mesh.drop(other.peer.id, 'nonsense')
      await sleep(one.peer, 20_000)
      expect(one.mesh.get(other.peer.id)).toBeUndefined()
      expect(other.log.some((line) => line.startsWith('refused one'))).toBe(true)
      other.peer.crash()
      await sleep(one.peer, 100)
      const again = add('other')
      await again.mesh.start()
      await sleep(one.peer, 1000)
      expect(one.mesh.get(again.peer.id)).toBeDefined()
      await Promise.all([one.mesh.stop(), again.mesh.stop()])
    })
  })

  it('refuses peers that are not wanted, and tells them why', async () => {
    const { net, add } = world()
    const one = add('one', {}, () => 'you are none of us')
    const other = add('other')
    await net.run(async () => {
      await Promise.all([one.mesh.start(), other.mesh.start()])
      await sleep(one.peer, 200)
      expect(one.log).toEqual([])
      expect(other.log).toContain('refused one: you are none of us')
      await Promise.all([one.mesh.stop(), other.mesh.stop()])
    })
  })

  it('refuses a data channel for a tag that has one, and one too many', async () => {
    for (const tags of [[3, 3], Array.from({ length: 17 }, (_, tag) => tag)]) {
      const { net, add } = world()
      const [one, other] = [add('one'), add('other')]
      await net.run(async () => {
        await Promise.all([one.mesh.start(), other.mesh.start()])
        await sleep(one.peer, 50)
        const channels: Channel[] = []
        for (const tag of tags) channels.push(await openData(other.peer, one.peer.id, 1, tag))
        await sleep(one.peer, 50)
        expect(await channels.at(-1)?.closed).toMatchObject({ code: 'RESET' })
        await Promise.all([one.mesh.stop(), other.mesh.stop()])
      })
    }
  })

  it('takes no data from another process life, or without a control channel', async () => {
    const { net, add } = world()
    const [one, other] = [add('one'), add('other')]
    const stranger = net.addPeer('stranger')
    await net.run(async () => {
      await Promise.all([one.mesh.start(), other.mesh.start()])
      await sleep(one.peer, 50)
      for (const [from, life] of [
        [other.peer, 8],
        [stranger, 1]
      ] as const) {
        const channel = await openData(from, one.peer.id, life, 0)
        await channel.send(Uint8Array.of(1)).catch(() => undefined)
        expect(await channel.closed).toMatchObject({ code: 'RESET' })
      }
      expect(one.log).toEqual(['up other'])
      await Promise.all([one.mesh.stop(), other.mesh.stop()])
    })
  })
})
