import { peerId, type RoundRequest } from '@daa-compute/interface'
import { createWriter } from '@daa-compute/wire'
import { describe, expect, it } from 'vitest'
import { MAX_BALLOT, MAX_MEMBERS } from '../src/constants.ts'
import { decodeMessage, encodeMessage } from '../src/round/wire/message-codec.ts'
import { type ControlMessage, MESSAGE_TAGS, type SlotRef } from '../src/round/wire/messages.ts'
import type { Proposal } from '../src/round/consensus/proposal.ts'
import { digestOf, membersOf, REQUEST } from './round-fixtures.ts'
import { seeded } from './seeded.ts'

const PLAN = Uint8Array.from({ length: 8 }, (_, i) => i)
const ref: SlotRef = { sequence: 2 ** 40 + 1, attempt: 3, configuration: digestOf(7) }
const retry: Proposal = {
  kind: 'retry',
  result: undefined,
  members: membersOf(3),
  culprit: peerId('peer-1'),
  reason: 'so ist es: ✂'
}
const commit: Proposal = { ...retry, kind: 'commit', result: digestOf(9), culprit: undefined }
const request: RoundRequest = {
  collective: 'broadcast',
  op: 'product',
  dtype: 'bfloat16',
  length: Number.MAX_SAFE_INTEGER,
  layout: 'a:3,b:4',
  codec: 'int8+zstd:3',
  rule: 'krum liars 1 kept 1',
  algorithm: 'hierarchical'
}

const messages: readonly ControlMessage[] = [
  {
    ...{
      type: 'ask',
      lineage: 'f'.repeat(64),
      sequence: 5,
      late: true,
      founds: true,
      isQuestion: false,
      request
    },
    sees: [peerId('a'), peerId('b')],
    budget: { uplink: 0, downlink: 2e9 }
  },
  {
    type: 'ask',
    lineage: '',
    sequence: 0,
    late: false,
    founds: true,
    isQuestion: false,
    request: REQUEST,
    sees: [],
    budget: { uplink: Number.MAX_SAFE_INTEGER - 1 }
  },
  { type: 'withdraw', isMisfit: false },
  { type: 'withdraw', isMisfit: true },
  { type: 'found', sequence: 0, nonce: digestOf(1), members: membersOf(4) },
  {
    type: 'position',
    lineage: 'f00d',
    sequence: 9,
    attempt: 1,
    size: 65_535,
    counted: true,
    isQuestion: false
  },
  {
    type: 'position',
    lineage: '',
    sequence: 0,
    attempt: 0,
    size: 0,
    counted: false,
    isQuestion: true
  },
  { type: 'enter', ...ref, request: REQUEST, plan: PLAN, done: 3, offered: 4, patienceOver: true },
  { type: 'complain', ...ref, kind: 'lost', culprit: peerId('x'), reason: 'gone' },
  { type: 'complain', ...ref, kind: 'quit', culprit: undefined, reason: '' },
  { type: 'prepare', ...ref, ballot: MAX_BALLOT },
  {
    ...{ type: 'promise', ...ref, ballot: 4, accepted: { ballot: 2, proposal: commit } },
    ...{ holds: digestOf(9), entered: true, patienceOver: false, sees: [0, 2, 65_535] }
  },
  {
    ...{ type: 'promise', ...ref, ballot: 1, accepted: undefined, holds: undefined },
    ...{ entered: false, patienceOver: true, sees: [] }
  },
  { type: 'refuse', ...ref, ballot: 0 },
  { type: 'propose', ...ref, ballot: 5, proposal: retry },
  { type: 'propose', ...ref, ballot: 5, proposal: commit },
  { type: 'propose', ...ref, ballot: 5, proposal: { ...commit, result: undefined } },
  {
    ...{ type: 'vote', ...ref, ballot: 0, kind: 'commit', result: digestOf(3) },
    ...{ next: digestOf(4), signature: new Uint8Array(64).fill(5) }
  },
  {
    ...{ type: 'vote', ...ref, ballot: 8, kind: 'retry', result: undefined },
    ...{ next: digestOf(4), signature: new Uint8Array() }
  },
  {
    ...{ type: 'decided', ...ref, lineage: 'f00d', ballot: 3, proposal: commit },
    voters: membersOf(3),
    votes: [
      { rank: 0, signature: new Uint8Array(64) },
      { rank: 2, signature: new Uint8Array() }
    ]
  },
  { type: 'query', ...ref },
  { type: 'expired', ...ref }
]

/** What decodes is a message as good as any: it survives the way once more. */
function expectHarmless(bytes: Uint8Array): void {
  let message: ControlMessage
  try {
    message = decodeMessage(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect(['WireError', 'TypeError']).toContain((error as Error).name)
    return
  }
  expect(decodeMessage(encodeMessage(message))).toEqual(message)
  expect(itemsIn(message)).toBeLessThan(bytes.length)
}

/** How many things it is made of, lists being what could be long. */
function itemsIn(message: ControlMessage): number {
  return Object.values(message).filter(Array.isArray).flat().length
}

describe('a control message', () => {
  it('of each type is among these', () => {
    const types = new Set(messages.map(({ type }) => type))
    expect([...types].toSorted()).toEqual(Object.keys(MESSAGE_TAGS).toSorted())
    const tags = Object.values(MESSAGE_TAGS)
    expect(new Set(tags).size).toBe(tags.length)
  })

  for (const [index, message] of messages.entries()) {
    describe(`${message.type} (${index})`, () => {
      const bytes = encodeMessage(message)

      it('arrives as it was sent', () => {
        expect(decodeMessage(bytes)).toEqual(message)
      })

      it('outlives the frame it came in', () => {
        const frame = bytes.slice()
        const decoded = decodeMessage(frame)
        frame.fill(0xaa)
        expect(decoded).toEqual(message)
      })

      it('is refused when any of its end is missing, or something is behind it', () => {
        for (let length = 0; length < bytes.length; length++) {
          expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(Error)
        }
        const longer = createWriter().bytes(bytes).uint8(0).finish()
        expect(() => decodeMessage(longer)).toThrow(/behind/)
      })

      it('is refused or harmless with any bit the other way', () => {
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const flipped = bytes.slice()
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          expectHarmless(flipped)
        }
      })
    })
  }

  it.each([1, 2, 3, 4])('of random bytes is refused or harmless (seed %i)', (seed) => {
    const draw = seeded(seed)
    for (let i = 0; i < 3_000; i++) {
      const bytes = Uint8Array.from({ length: draw(200) }, () => draw(256))
      // often a tag there is, and few items
      if (bytes.length > 0 && draw(2) === 0) bytes[0] = 1 + draw(14)
      expectHarmless(bytes)
    }
  })

  it('has its reason cut, whatever is in it', () => {
    const reason = '😀'.repeat(5_000)
    const complaint = { type: 'complain', ...ref, kind: 'failed', culprit: undefined } as const
    const decoded = decodeMessage(encodeMessage({ ...complaint, reason }))
    if (decoded.type !== 'complain') throw new Error(decoded.type)
    expect(decoded.reason.length).toBeGreaterThan(50)
    expect(reason.startsWith(decoded.reason)).toBe(true)
    const proposal = { ...retry, reason: 'x'.repeat(5_000) }
    const proposed = decodeMessage(encodeMessage({ type: 'propose', ...ref, ballot: 1, proposal }))
    expect(proposed.type).toBe('propose')
  })

  it('lists no more members than there may be', () => {
    const found = { type: 'found', sequence: 0, nonce: digestOf(1) } as const
    const most = encodeMessage({ ...found, members: membersOf(MAX_MEMBERS) })
    expect(decodeMessage(most)).toMatchObject({ type: 'found' })
    const more = encodeMessage({ ...found, members: membersOf(MAX_MEMBERS + 1) })
    expect(() => decodeMessage(more)).toThrow(/limit/)
  })
})
