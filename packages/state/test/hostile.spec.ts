import type { Channel, PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { StateError } from '../src/index.ts'
import { encodeGreeting } from '../src/protocol/greeting.ts'
import { encodeAnswer, encodeRequest, type Request } from '../src/protocol/messages.ts'
import { seeded } from './seeded.ts'
import { FIRST, inSwarm, type Member, sleep } from './state-swarm.ts'

const SEEDS = Array.from({ length: 40 }, (_, i) => 1000 + i)

/** Flips, cuts, lengthens, doubles or drops. */
function damage(next: () => number, frame: Uint8Array): Uint8Array | undefined | Uint8Array[] {
  const kind = Math.floor(next() * 6)
  const at = Math.floor(next() * frame.length)
  if (kind === 0) return frame.slice(0, at)
  if (kind === 1) return undefined
  if (kind === 2) return [frame, frame.slice()]
  if (kind === 3) return Uint8Array.from([...frame, ...frame.slice(0, 50)])
  if (kind === 4)
    return Uint8Array.from({ length: 1 + Math.floor(next() * 200) }, () => next() * 256)
  // most fields are near the start
  const near = Math.floor(next() * Math.min(frame.length, 120))
  frame[near] = Math.floor(next() * 256)
  return frame
}

describe('frames that are garbage', () => {
  it.each(SEEDS)('from a donor harm nothing but that donor (seed %i)', async (seed) => {
    await inSwarm({ seed }, async ({ net, add, veterans }) => {
      const next = seeded(seed)
      const joiner = await add('joiner')
      net.tamper('veteran-1', 'joiner', '/daa/state/', (frame) =>
        next() < 0.3 ? damage(next, frame.slice()) : frame
      )
      const report = await joiner.state.catchUp()
      expect(report.revision).toEqual(FIRST)
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
      for (const { peer, reason } of joiner.dropped) {
        expect(peer).toBe('veteran-1')
        expect(reason).toBeInstanceOf(StateError)
      }
    })
  })

  it.each(SEEDS)('from a joiner harm nothing but that joiner (seed %i)', async (seed) => {
    await inSwarm({ seed }, async ({ net, add, veterans }) => {
      const next = seeded(seed)
      const hostile = await add('hostile')
      const joiner = await add('joiner')
      for (const { peer } of veterans) {
        net.tamper('hostile', peer.id, '/daa/state/', (frame) =>
          next() < 0.3 ? damage(next, frame.slice()) : frame
        )
      }
      const over = hostile.state.catchUp().catch(() => undefined)
      await joiner.state.catchUp()
      expect(joiner.tensors).toEqual(veterans[0]?.tensors)
      await hostile.state.stop()
      await over
    })
  })
})

async function speak(hostile: Member, to: PeerId): Promise<Channel> {
  const channel = await hostile.peer.connector.open(to, '/daa/state/test')
  await channel.send(encodeGreeting('sha-256'))
  await channel.receive()
  return channel
}

const SNAPSHOT = { kind: 'snapshot', revision: FIRST } as const

describe('requests that ask for what there is not', () => {
  it.each([
    { type: 'block', of: SNAPSHOT, index: 0 },
    { type: 'block', of: SNAPSHOT, index: 2 ** 32 - 1 },
    { type: 'nodes', of: SNAPSHOT, level: 255, index: 0 },
    { type: 'block', of: { kind: 'delta', revision: FIRST }, index: 0 },
    { type: 'pin', revision: { lineage: 'x', sequence: 2 ** 53 - 1 }, waitMs: 2 ** 32 - 1 },
    { type: 'delta', from: { lineage: '', sequence: 0 }, waitMs: 2 ** 32 - 1 }
  ] satisfies Request[])('are refused: $type $index $level', async (request) => {
    await inSwarm({ seed: 71, size: 1 }, async ({ add, ids }) => {
      const hostile = await add('hostile')
      const channel = await speak(hostile, ids[0] as PeerId)
      await channel.send(encodeRequest(1, request))
      const answer = await channel.receive()
      expect(answer?.[4]).toBe(encodeAnswer(0, NO)[4])
      channel.abort(new Error('enough'))
    })
  })

  it('are refused past the end of what is held', async () => {
    await inSwarm({ seed: 72, size: 1 }, async ({ add, ids }) => {
      const hostile = await add('hostile')
      const channel = await speak(hostile, ids[0] as PeerId)
      const requests: Request[] = [
        { type: 'pin', revision: FIRST, waitMs: 0 },
        { type: 'block', of: SNAPSHOT, index: 17 },
        { type: 'nodes', of: SNAPSHOT, level: 2, index: 0 },
        { type: 'nodes', of: SNAPSHOT, level: 0, index: 0 },
        { type: 'nodes', of: SNAPSHOT, level: 1, index: 1 }
      ]
      const kinds: unknown[] = []
      for (const [id, request] of requests.entries()) {
        await channel.send(encodeRequest(id, request))
        kinds.push((await channel.receive())?.[4])
      }
      const no = encodeAnswer(0, NO)[4]
      expect(kinds.slice(1)).toEqual([no, no, no, no])
      channel.abort(new Error('enough'))
    })
  })

  it.each([
    { type: 'status', everyMs: 2_500 },
    { type: 'delta', from: FIRST, waitMs: 0, everyMs: 10 }
  ] as const)('keep no state from others for ever: $type', async ({ everyMs, ...request }) => {
    await inSwarm({ seed: 75, size: 1 }, async ({ add, ids, veterans, round }) => {
      const [donor] = veterans as [Member]
      const hostile = await add('hostile')
      const channel = await speak(hostile, ids[0] as PeerId)
      await channel.send(encodeRequest(0, { type: 'pin', revision: FIRST, waitMs: 0 }))
      await channel.receive()
      await round(donor, FIRST.sequence)
      for (let id = 1; id <= 6; id++) {
        await sleep(hostile, everyMs)
        await channel.send(encodeRequest(id, request))
        await channel.receive()
      }
      const joiner = await add('joiner')
      const { revision } = await joiner.state.catchUp()
      expect(revision).toEqual(donor.state.revision)
      channel.abort(new Error('enough'))
    })
  })

  it('end the channel when they are too long or no requests', async () => {
    await inSwarm({ seed: 73, size: 1 }, async ({ add, ids }) => {
      const hostile = await add('hostile')
      for (const frame of [
        new Uint8Array(2000),
        new Uint8Array(0),
        Uint8Array.of(0, 0, 0, 0, 99)
      ]) {
        const channel = await speak(hostile, ids[0] as PeerId)
        await channel.send(frame)
        await expect(channel.receive()).rejects.toMatchObject({ code: 'RESET' })
      }
    })
  })

  it('do not keep channels open of whoever says nothing at all', async () => {
    await inSwarm({ seed: 74, size: 1 }, async ({ add, ids }) => {
      const hostile = await add('hostile')
      const channel = await hostile.peer.connector.open(ids[0] as PeerId, '/daa/state/test')
      await sleep(hostile, 11_000)
      await expect(channel.receive()).rejects.toMatchObject({ code: 'RESET' })
    })
  })
})

const NO = {
  type: 'no',
  refusal: 'nothing',
  current: undefined,
  held: undefined
} as const
