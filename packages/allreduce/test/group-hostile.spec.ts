import type { Channel, PeerId } from '@daa-compute/interface'
import { createSimnet } from '@daa-compute/simnet'
import { createWriter } from '@daa-compute/wire'
import { describe, expect, it } from 'vitest'
import type { GroupError } from '../src/group/errors.ts'
import type { Group } from '../src/group/group.ts'
import { decodeGroupMessage, encodeGroupMessage, type GroupMessage } from '../src/group/messages.ts'
import { describeRequest } from '../src/group/request.ts'
import { decodeAnswer, encodeAnswer, encodeGreeting } from '../src/mesh/greeting.ts'
import { peersOf, sleep } from './group-of.ts'
import { valuesOf } from './values.ts'

const INCARNATION = 'feedfeedfeedfeed'
const GREETING = { runId: 'group/group', incarnation: INCARNATION, hasher: 'sha-256' }
const PROTOCOL = encodeURIComponent('group/group')

const REQUEST = describeRequest({
  members: '3 (0)',
  collective: 'allReduce',
  op: 'mean',
  dtype: 'float32',
  layout: '',
  length: 3,
  codec: 'float32',
  algorithm: 'ring',
  root: undefined,
  nonFinite: 'reject'
})

const MESSAGES: readonly GroupMessage[] = [
  { type: 'ask', tag: 3, sequence: 7 },
  { type: 'status', tag: 2 ** 32 - 1, sequence: 0, state: 'patient', request: REQUEST },
  { type: 'status', tag: 0, sequence: 0, state: 'idle', request: undefined },
  { type: 'abort', tag: 0, sequence: 1, culprit: undefined, reason: 'no', request: undefined },
  {
    type: 'abort',
    tag: 0,
    sequence: 1,
    culprit: 'peer' as PeerId,
    reason: 'ünïcode',
    request: REQUEST
  },
  { type: 'leave', done: [{ tag: 1, sequence: 2 }] },
  { type: 'release' }
]

describe('messages of a group', () => {
  it('come back as they were', () => {
    for (const message of MESSAGES) {
      expect(decodeGroupMessage(encodeGroupMessage(message))).toEqual(message)
    }
  })

  it('are refused when anything is missing, too much or changed beyond sense', () => {
    for (const message of MESSAGES) {
      const bytes = encodeGroupMessage(message)
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decodeGroupMessage(bytes.slice(0, length))).toThrow(/bytes|there is no/)
      }
      expect(() => decodeGroupMessage(Uint8Array.of(...bytes, 0))).toThrow('left behind')
    }
    const random = createSimnet({ seed: 9 }).addPeer('any').random
    for (let i = 0; i < 5000; i++) {
      const bytes = random.fill(new Uint8Array(Math.floor(random.next() * 60)))
      if (bytes.length > 0) bytes[0] = (bytes[0] ?? 0) % 7
      try {
        // what is read can be written: nothing is made up
        encodeGroupMessage(decodeGroupMessage(bytes))
      } catch (error) {
        expect(['WireError', 'TypeError']).toContain((error as Error).name)
      }
    }
  })

  it('have no lists or texts without bounds', () => {
    const long = createWriter().uint8(3).uint32(0).uint32(0).text('').text('x'.repeat(513))
    expect(() => decodeGroupMessage(long.uint8(0).finish())).toThrow('over its limit')
    const many = createWriter().uint8(4).uint16(17)
    expect(() => decodeGroupMessage(many.finish())).toThrow('over its limit')
  })
})

/** A member that greets like any other, and then says what a test wants. */
interface Impostor {
  /** Sends a control message to every other member. */
  say(bytes: Uint8Array): Promise<void>
  /** Opens a data channel to a member. */
  data(to: PeerId, tag: number): Promise<Channel>
}

interface Stage {
  readonly groups: readonly Group[]
  readonly impostor: Impostor
  rest(): Promise<void>
  now(): number
}

/** Three members, of which the last is an impostor. */
async function stage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const { net, peers, members, join } = peersOf(3)
  await net.run(async () => {
    const bad = peers[2]
    if (bad === undefined) throw new Error('there are three')
    await bad.connector.accept(`/daa/allreduce/control/${PROTOCOL}`, (channel) => {
      const serve = async (): Promise<void> => {
        await channel.receive()
        await channel.send(encodeAnswer({ type: 'welcome', incarnation: INCARNATION }))
        while ((await channel.receive()) !== undefined);
      }
      serve().catch(() => undefined)
    })
    await bad.connector.accept(`/daa/allreduce/data/${PROTOCOL}`, () => undefined)
    const making = [0, 1].map((rank) => join(rank, { patienceMs: 20_000 }))
    await sleep(bad, 30)
    const controls: Channel[] = []
    for (const peer of members.slice(0, 2)) {
      const channel = await bad.connector.open(peer, `/daa/allreduce/control/${PROTOCOL}`)
      await channel.send(encodeGreeting(GREETING))
      expect(decodeAnswer((await channel.receive()) ?? new Uint8Array()).type).toBe('welcome')
      controls.push(channel)
    }
    const groups = await Promise.all(making)
    await play({
      groups,
      rest: () => sleep(bad, 100),
      now: () => bad.clock.now(),
      impostor: {
        async say(bytes) {
          for (const channel of controls) await channel.send(bytes).catch(() => undefined)
        },
        async data(to, tag) {
          const channel = await bad.connector.open(to, `/daa/allreduce/data/${PROTOCOL}`)
          await channel.send(encodeGreeting({ ...GREETING, tag }))
          return channel
        }
      }
    })
    await Promise.all(groups.map((group) => group.close({ signal: AbortSignal.abort() })))
  })
}

/** All-reduces of the honest members; values have to be what they were. */
async function failures(groups: readonly Group[]): Promise<GroupError[]> {
  return await Promise.all(
    groups.map(async (group) => {
      const values = valuesOf(group.rank, 3000)
      const error = await group.allReduce(values).then(
        () => expect.fail('it cannot succeed without the impostor'),
        (thrown: unknown) => thrown as GroupError
      )
      expect(values).toEqual(valuesOf(group.rank, 3000))
      return error
    })
  )
}

describe('a member that breaks the protocol', () => {
  const nonsense: Record<string, Uint8Array> = {
    'an empty message': new Uint8Array(),
    'no message there is': Uint8Array.of(99),
    'a message cut short': encodeGroupMessage({ type: 'ask', tag: 0, sequence: 0 }).slice(0, 5),
    'a state there is none of': createWriter()
      .uint8(2)
      .uint32(0)
      .uint32(0)
      .uint8(9)
      .uint8(0)
      .finish()
  }
  for (const [name, bytes] of Object.entries(nonsense)) {
    it(`is named and cut off for ${name}`, async () => {
      await stage(async ({ groups, impostor }) => {
        const failing = failures(groups)
        await impostor.say(bytes)
        for (const error of await failing) {
          expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: 'peer-2' } })
        }
      })
    })
  }

  it('is named for a data frame that has no header', async () => {
    await stage(async ({ groups, impostor }) => {
      const failing = failures(groups)
      const channel = await impostor.data(groups[0]?.self ?? ('' as PeerId), 0)
      await channel.send(new Uint8Array(31))
      for (const error of await failing) {
        expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: 'peer-2' } })
        expect(error.message).toContain('a data frame of 31 bytes')
      }
    })
  })

  it('cannot end what is to come beyond the next few operations, nor make others forget', async () => {
    await stage(async ({ groups, impostor, rest }) => {
      const reason = 'because'
      for (let sequence = 0; sequence < 200; sequence++) {
        const message = { type: 'abort', tag: 5, sequence, culprit: undefined, reason } as const
        await impostor.say(encodeGroupMessage({ ...message, request: undefined }))
      }
      await rest()
      for (const group of groups) {
        await expect(group.barrier({ tag: 5 })).rejects.toMatchObject({
          code: 'ABORTED',
          detail: { reporter: 'peer-2', reason }
        })
      }
      // it is a member like any other still, one that says nothing
      await impostor.say(encodeGroupMessage({ type: 'release' }))
      await rest()
      for (const error of await failures(groups)) expect(error.message).toContain('says nothing')
    })
  })

  it('cannot make others keep lanes without end', async () => {
    await stage(async ({ groups, impostor, rest }) => {
      for (let tag = 0; tag < 100; tag++) {
        const id = { tag, sequence: 0 }
        const message = { type: 'abort', ...id, culprit: undefined, reason: '' } as const
        await impostor.say(encodeGroupMessage({ ...message, request: undefined }))
      }
      await rest()
      for (const error of await failures(groups)) {
        expect(error).toMatchObject({ code: 'PEER_FAILED', detail: { culprit: 'peer-2' } })
        expect(error.message).toContain('too many tags')
      }
    })
  })

  for (const state of ['running', 'patient', 'idle', 'over'] as const) {
    it(`that says it is ${state} for ever hangs nobody`, async () => {
      await stage(async ({ groups, impostor, rest, now }) => {
        const startMs = now()
        let isOver = false
        const failing = failures(groups).finally(() => (isOver = true))
        const answer = async (): Promise<void> => {
          if (isOver) return
          const id = { tag: 0, sequence: 0 }
          const status = { type: 'status', ...id, state, request: undefined } as const
          await impostor.say(encodeGroupMessage(status))
          await rest()
          await answer()
        }
        const [errors] = await Promise.all([failing, answer()])
        for (const { code } of errors) expect(['ABORTED', 'NOT_CALLED']).toContain(code)
        expect(now() - startMs).toBeLessThan(30_000)
      })
    })
  }
})
