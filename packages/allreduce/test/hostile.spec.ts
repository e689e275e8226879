import type { PlanMember } from '@daa-compute/interface'
import { createWriter, writeHello } from '@daa-compute/wire'
import { describe, expect, it } from 'vitest'
import { encodeGreeting } from '../src/mesh/greeting.ts'
import { encodeMessage } from '../src/round/wire/message-codec.ts'
import type { SlotRef } from '../src/round/wire/messages.ts'
import {
  ASK,
  CONTROL,
  DATA,
  expectRound,
  GREETING,
  intrude,
  onStage,
  refusal
} from './hostile-swarm.ts'

const ref: SlotRef = { sequence: 0, attempt: 0, configuration: new Uint8Array(32) }

describe('a stranger', () => {
  const openings: Record<string, [Uint8Array, RegExp]> = {
    'sends garbage': [new Uint8Array([1, 2, 3, 4, 5, 6, 7]), /magic/],
    'sends an empty frame': [new Uint8Array(0), /left/],
    'speaks a later version': [
      encodeGreeting(GREETING, { min: 7, max: 9 }),
      /versions.*none in common/
    ],
    'names another run': [encodeGreeting({ ...GREETING, runId: 'other' }), /runId/],
    'counts on another hash': [encodeGreeting({ ...GREETING, hasher: 'md5' }), /hasher/],
    'announces an endless name': [
      writeHello(createWriter(), { min: 1, max: 1 }).uint32(0xffff_ffff).finish(),
      /limit/
    ],
    'says more than it should': [
      createWriter().bytes(encodeGreeting(GREETING)).uint8(0).finish(),
      /behind/
    ]
  }
  for (const [what, [frame, reason]] of Object.entries(openings)) {
    for (const protocol of [CONTROL, DATA]) {
      it(`that ${what} is told why and cut off (${protocol})`, async () => {
        await onStage(2, {}, async (stage) => {
          const channel = await stage.hostile.connector.open(stage.victims[0]!, protocol)
          await channel.send(frame)
          expect(await refusal(channel)).toMatch(reason)
          expect(await channel.receive()).toBeUndefined()
          expect((await expectRound(stage)).attempt).toBe(0)
        })
      })
    }
  }

  it('that says nothing is cut off after 10 s', async () => {
    await onStage(2, {}, async (stage) => {
      const { clock } = stage.swarm.net
      const channel = await stage.hostile.connector.open(stage.victims[0]!, CONTROL)
      const startMs = clock.now()
      await channel.closed
      expect(clock.now() - startMs).toBeGreaterThan(9_000)
      expect(clock.now() - startMs).toBeLessThan(11_000)
      await expectRound(stage)
    })
  })

  it('that opens a data channel only is cut off', async () => {
    await onStage(2, {}, async (stage) => {
      const channel = await stage.hostile.connector.open(stage.victims[0]!, DATA)
      await channel.send(encodeGreeting(GREETING))
      expect(await channel.closed).toBeInstanceOf(Error)
      await expectRound(stage)
    })
  })
})

describe('a peer that is malformed', () => {
  const endless = createWriter().uint8(10).uint53(0).uint32(0).bytes(new Uint8Array(32))
  const twin: PlanMember = { peer: 'twin' as PlanMember['peer'], incarnation: 'x' }
  const members = [twin, twin]
  const retry = { kind: 'retry', result: undefined, culprit: undefined, reason: '' } as const
  const messages: Record<string, Uint8Array> = {
    'an unknown message': new Uint8Array([99]),
    'an empty message': new Uint8Array(0),
    'a truncated ask': encodeMessage(ASK).subarray(0, 20),
    'an ask with something behind it': createWriter().bytes(encodeMessage(ASK)).uint8(0).finish(),
    'an attempt beyond counting': encodeMessage({ type: 'query', ...ref, attempt: 2 ** 32 - 1 }),
    'a ballot beyond counting': encodeMessage({ type: 'prepare', ...ref, ballot: 2 ** 31 + 1 }),
    'a length beyond counting': createWriter()
      .uint8(1)
      .text('')
      .uint53(0)
      .bytes(new Uint8Array([0, 0, 1, 0]))
      .bytes(new Uint8Array(8).fill(255))
      .finish(),
    'a proposal of endless members': endless.uint32(1).uint8(0).uint8(0).uint32(2e9).finish(),
    'a peer in a configuration twice': encodeMessage({
      type: 'found',
      sequence: 0,
      nonce: new Uint8Array(32),
      members
    }),
    'a configuration of nobody': encodeMessage({
      type: 'propose',
      ...ref,
      ballot: 1,
      proposal: { ...retry, members: [] }
    }),
    'a retry with a result': createWriter()
      .bytes(
        encodeMessage({
          type: 'propose',
          ...ref,
          ballot: 1,
          proposal: { ...retry, members: [twin], result: new Uint8Array(32) }
        })
      )
      .finish(),
    'a decision without a quorum': encodeMessage({
      type: 'decided',
      ...ref,
      lineage: '',
      ballot: 0,
      proposal: { ...retry, members: [twin] },
      voters: [twin, { ...twin, peer: 'other' as PlanMember['peer'] }],
      votes: [
        { rank: 0, signature: new Uint8Array() },
        { rank: 0, signature: new Uint8Array(3) },
        { rank: 7, signature: new Uint8Array() }
      ]
    })
  }
  for (const [what, message] of Object.entries(messages)) {
    it(`by ${what} is dropped, told why, and not let in again`, async () => {
      await onStage(2, {}, async (stage) => {
        const { honest, hostile, victims } = stage
        const down = Promise.withResolvers<string>()
        honest[0]!.on('member:down', ({ reason }) => down.resolve(reason))
        const up = Promise.withResolvers<unknown>()
        honest[0]!.on('member:up', up.resolve)
        const { controls } = await intrude(hostile, victims.slice(0, 1))
        await up.promise
        await controls[0]!.send(message)
        expect(await refusal(controls[0])).toMatch(/malformed control message/)
        expect(await down.promise).toMatch(/malformed control message/)
        const again = await hostile.connector.open(victims[0]!, CONTROL)
        await again.send(encodeGreeting(GREETING))
        expect(await refusal(again)).toMatch(/dropped before/)
        expect((await expectRound(stage)).participants).toHaveLength(2)
      })
    })
  }

  it('by a data frame too short is dropped and told why', async () => {
    await onStage(2, {}, async (stage) => {
      const { honest, hostile, victims } = stage
      const up = Promise.withResolvers<unknown>()
      honest[0]!.on('member:up', up.resolve)
      const { controls } = await intrude(hostile, victims.slice(0, 1))
      await up.promise
      const data = await hostile.connector.open(victims[0]!, DATA)
      await data.send(encodeGreeting(GREETING))
      await data.send(new Uint8Array(31))
      expect(await refusal(controls[0])).toMatch(/data frame of 31 bytes/)
      await expectRound(stage)
    })
  })
})
