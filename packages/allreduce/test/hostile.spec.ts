import type { Channel, PeerId, RoundRequest } from '@daa-compute/interface'
import type { SimPeer } from '@daa-compute/simnet'
import { createWriter, writeHello } from '@daa-compute/wire'
import { describe, expect, it } from 'vitest'
import type { Run } from '../src/index.ts'
import { encodeGreeting } from '../src/mesh/greeting.ts'
import { encodeMessage, type JoinMessage } from '../src/round/messages.ts'
import { createSwarm, linked, meanOf, sameBits, type Swarm, valuesOf } from './swarm.ts'

const CONTROL = '/daa/allreduce/control/test'
const DATA = '/daa/allreduce/data/test'
const greeting = { runId: 'test', incarnation: '0123456789abcdef', hasher: 'sha-256' }

/** Two honest peers in a run, and a third that speaks the protocol by hand. */
async function expectUnharmedBy(
  act: (hostile: SimPeer, victim: PeerId, swarm: Swarm, runs: Run[]) => Promise<void>
): Promise<void> {
  const swarm = createSwarm(3)
  await swarm.net.run(async () => {
    const honest = swarm.peers.slice(0, 2)
    const runs = await Promise.all(honest.map((peer) => swarm.join(peer, { minPeers: 2 })))
    await linked(runs)
    await act(swarm.peers[2]!, honest[0]!.id, swarm, runs)
    await assertAlive(runs)
  })
}

/** The honest peers can still do what they are there for. */
async function assertAlive(runs: readonly Run[]): Promise<void> {
  const results = await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 1000))))
  for (const { values, participants } of results) {
    expect(sameBits(values, meanOf(2, 1000))).toBe(true)
    expect(participants).toHaveLength(2)
  }
}

/** What the other side says when it turns a channel away: its reason. */
async function refusal(channel: Channel): Promise<string> {
  const frame = await channel.receive()
  expect(frame?.[0]).toBe(2)
  return new TextDecoder().decode(frame?.subarray(5))
}

/** Takes part as a member, as far as control channels go. */
async function infiltrate(hostile: SimPeer, victims: readonly PeerId[]): Promise<Channel[]> {
  await hostile.connector.accept(CONTROL, (channel) => {
    const serve = async (): Promise<void> => {
      await channel.receive()
      const { incarnation } = greeting
      await channel.send(createWriter().uint8(1).text(incarnation).finish())
      while ((await channel.receive()) !== undefined);
    }
    serve().catch(() => undefined)
  })
  return Promise.all(
    victims.map(async (victim) => {
      const channel = await hostile.connector.open(victim, CONTROL)
      await channel.send(encodeGreeting(greeting))
      expect((await channel.receive())?.[0]).toBe(1)
      return channel
    })
  )
}

const request: RoundRequest = {
  dtype: 'float32',
  length: 1000,
  codec: 'float32',
  algorithm: 'ring',
  weight: 1
}

function joinWith(overrides: Partial<RoundRequest>): JoinMessage {
  return {
    type: 'join',
    lineage: '',
    sequence: 0,
    attempt: 0,
    request: { ...request, ...overrides }
  }
}

describe('a stranger on the control protocol', () => {
  const openings: Record<string, [Uint8Array, RegExp]> = {
    'sends garbage': [new Uint8Array([1, 2, 3, 4, 5, 6, 7]), /magic/],
    'sends an empty frame': [new Uint8Array(0), /left/],
    'speaks a later version': [
      encodeGreeting(greeting, { min: 7, max: 9 }),
      /versions.*none in common/
    ],
    'names another run': [encodeGreeting({ ...greeting, runId: 'other' }), /runId/],
    'counts on another hash': [encodeGreeting({ ...greeting, hasher: 'md5' }), /hasher/],
    'announces an endless name': [
      writeHello(createWriter(), { min: 1, max: 1 }).uint32(0xffff_ffff).finish(),
      /limit/
    ],
    'says more than it should': [
      createWriter().bytes(encodeGreeting(greeting)).uint8(0).finish(),
      /behind/
    ]
  }
  for (const [what, [frame, reason]] of Object.entries(openings)) {
    for (const protocol of [CONTROL, DATA]) {
      it(`that ${what} is told why and cut off (${protocol})`, async () => {
        await expectUnharmedBy(async (hostile, victim) => {
          const channel = await hostile.connector.open(victim, protocol)
          await channel.send(frame)
          expect(await refusal(channel)).toMatch(reason)
          expect(await channel.receive()).toBeUndefined()
        })
      })
    }
  }

  it('that says nothing is cut off after 10 s', async () => {
    await expectUnharmedBy(async (hostile, victim, swarm) => {
      const channel = await hostile.connector.open(victim, CONTROL)
      const start = swarm.net.clock.now()
      await channel.closed
      expect(swarm.net.clock.now() - start).toBeGreaterThan(9_000)
      expect(swarm.net.clock.now() - start).toBeLessThan(11_000)
    })
  })

  it('that opens a data channel only is cut off', async () => {
    await expectUnharmedBy(async (hostile, victim) => {
      const channel = await hostile.connector.open(victim, DATA)
      await channel.send(encodeGreeting(greeting))
      expect(await channel.closed).toBeInstanceOf(Error)
    })
  })
})

describe('a member that breaks the protocol', () => {
  const messages: Record<string, Uint8Array> = {
    'an unknown message': new Uint8Array([99]),
    'an empty message': new Uint8Array(0),
    'a truncated join': encodeMessage(joinWith({})).subarray(0, 20),
    'a weight without end': encodeMessage(joinWith({ weight: 1e300 })),
    'a weight that is none': encodeMessage(joinWith({ weight: Number.NaN })),
    'an attempt beyond counting': encodeMessage({ ...joinWith({}), attempt: 2 ** 32 - 1 }),
    'a proposal of endless members': createWriter()
      .uint8(2)
      .uint53(0)
      .uint32(0)
      .bytes(new Uint8Array(32))
      .uint16(65_535)
      .finish(),
    'a vote with something behind it': createWriter()
      .bytes(encodeMessage({ type: 'alive' }))
      .uint8(0)
      .finish()
  }
  for (const [what, message] of Object.entries(messages)) {
    it(`by ${what} is dropped, told why, and not let in again`, async () => {
      await expectUnharmedBy(async (hostile, victim, _swarm, runs) => {
        const down = Promise.withResolvers<string>()
        runs[0]!.on('member:down', ({ reason }) => down.resolve(reason))
        const up = Promise.withResolvers<unknown>()
        runs[0]!.on('member:up', up.resolve)
        const [channel] = await infiltrate(hostile, [victim])
        await up.promise
        await channel!.send(message)
        expect(await refusal(channel!)).toMatch(/malformed control message/)
        expect(await down.promise).toMatch(/malformed control message/)
        const again = await hostile.connector.open(victim, CONTROL)
        await again.send(encodeGreeting(greeting))
        expect(await refusal(again)).toMatch(/dropped before/)
      })
    })
  }

  it('by a data frame too short is dropped and told why', async () => {
    await expectUnharmedBy(async (hostile, victim, _swarm, runs) => {
      const up = Promise.withResolvers<unknown>()
      runs[0]!.on('member:up', up.resolve)
      const [control] = await infiltrate(hostile, [victim])
      await up.promise
      const data = await hostile.connector.open(victim, DATA)
      await data.send(encodeGreeting(greeting))
      await data.send(new Uint8Array(23))
      expect(await refusal(control!)).toMatch(/data frame of 23 bytes/)
    })
  })

  it('by claiming to be ages ahead is not believed against the others', async () => {
    await expectUnharmedBy(async (hostile, victim, swarm) => {
      const victims = [victim, swarm.peers[1]!.id]
      const sequence = Number.MAX_SAFE_INTEGER
      for (const channel of await infiltrate(hostile, victims)) {
        await channel.send(encodeMessage({ type: 'position', lineage: 'f00d', sequence }))
      }
    })
  })

  it('by claiming an attempt far ahead is not followed there', async () => {
    await expectUnharmedBy(async (hostile, victim, swarm) => {
      const victims = [victim, swarm.peers[1]!.id]
      for (const channel of await infiltrate(hostile, victims)) {
        await channel.send(encodeMessage({ ...joinWith({}), attempt: 2 ** 30 }))
        await channel.send(encodeMessage({ type: 'withdraw' }))
      }
    })
  })

  it('by joining and then sending nothing costs the others one bounded attempt', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const honest = swarm.peers.slice(0, 2)
      const runs = await Promise.all(honest.map((peer) => swarm.join(peer, { minPeers: 2 })))
      await linked(runs)
      const hostile = swarm.peers[2]!
      const channels = await infiltrate(
        hostile,
        honest.map(({ id }) => id)
      )
      const join = encodeMessage(joinWith({}))
      for (const channel of channels) await channel.send(join)
      const start = swarm.net.clock.now()
      const results = await Promise.all(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 1000)))
      )
      for (const { values } of results) expect(sameBits(values, meanOf(2, 1000))).toBe(true)
      expect(swarm.net.clock.now() - start).toBeLessThan(10_000)
    })
  })
})
