import type { Channel } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { preSharedKey } from '../../src/index.ts'
import {
  MAX_CREDENTIAL_LENGTH,
  MAX_PENDING,
  MAX_PENDING_PER_PEER,
  NONCE_LENGTH
} from '../../src/admission/constants.ts'
import {
  type Answer,
  decodeAnswer,
  encodeAnswer,
  encodeOffer,
  encodeReply,
  NO_CREDENTIAL,
  type Offer
} from '../../src/admission/messages.ts'
import {
  addMember,
  exchange,
  failureOf,
  type Member,
  network,
  PROTOCOL,
  wait
} from './simulation.ts'

const key = new Uint8Array(32).fill(7)
const nonce = new Uint8Array(NONCE_LENGTH).fill(3)
const offer: Offer = { asks: 'proof', known: false, nonce, credential: NO_CREDENTIAL }

/** A run of two, and a stranger without the key, who says what it likes. */
async function withStranger(
  work: (parts: {
    readonly member: Member
    readonly friend: Member
    readonly clock: ReturnType<typeof network>['clock']
    open(): Promise<Channel>
    addStranger(name: string): () => Promise<Channel>
    accept(handler: (channel: Channel) => void): Promise<unknown>
  }) => Promise<void>
): Promise<void> {
  const simnet = network()
  await simnet.run(async () => {
    const member = await addMember(simnet, 'member', { admission: preSharedKey(key) })
    const friend = await addMember(simnet, 'friend', { admission: preSharedKey(key) })
    const stranger = simnet.addPeer('stranger')
    await work({
      member,
      friend,
      clock: simnet.clock,
      open: () => stranger.connector.open(member.id, PROTOCOL),
      addStranger(name) {
        const { connector } = simnet.addPeer(name)
        return () => connector.open(member.id, PROTOCOL)
      },
      accept: (handler) => stranger.connector.accept(PROTOCOL, handler)
    })
    expect(member.accepted).toEqual([])
    // others are served all the same
    await exchange(friend, member)
    await exchange(member, friend)
  })
}

async function answerOn(channel: Channel): Promise<Answer> {
  return decodeAnswer((await channel.receive()) as Uint8Array)
}

/** An offer with a hole, a lie, or more than there should be. */
const badOffers: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['a request of another protocol', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
  ['zeros', new Uint8Array(1000)],
  ['a cut offer', encodeOffer(offer).slice(0, -1)],
  ['half an offer', encodeOffer(offer).slice(0, 20)],
  ['more than an offer', Uint8Array.of(...encodeOffer(offer), 0)],
  ['an unknown kind', encodeOffer(offer).map((byte, i) => (i === 6 ? 3 : byte))],
  ['a flag that is no flag', encodeOffer(offer).map((byte, i) => (i === 7 ? 2 : byte))],
  [
    'a giant credential',
    encodeOffer({ ...offer, credential: new Uint8Array(MAX_CREDENTIAL_LENGTH + 1) })
  ],
  ['a giant frame', new Uint8Array(2 ** 20)],
  ['a length that is not there', encodeOffer(offer).map((byte, i) => (i >= 40 ? 0xff : byte))]
]

describe('a stranger', () => {
  it.each(badOffers)('who says %s is told that it is malformed', async (_, frame) => {
    await withStranger(async ({ member, open }) => {
      const channel = await open()
      await channel.send(frame)
      expect(await answerOn(channel)).toMatchObject({
        type: 'refused',
        refusal: { code: 'MALFORMED' }
      })
      expect(await channel.receive()).toBeUndefined()
      expect(member.counts).toEqual({ 'refused/MALFORMED': 1 })
    })
  })

  it('with another version is told which side to update', async () => {
    await withStranger(async ({ member, open }) => {
      const channel = await open()
      await channel.send(encodeOffer(offer, { min: 2, max: 9 }))
      const answer = await answerOn(channel)
      expect(answer).toMatchObject({ type: 'refused', refusal: { code: 'VERSION' } })
      expect(JSON.stringify(answer)).toContain('update the older')
      expect(member.counts).toEqual({ 'refused/VERSION': 1 })
    })
  })

  it('who says nothing is cut off, first or in the middle', async () => {
    await withStranger(async ({ member, open, clock }) => {
      const silent = await open()
      const half = await open()
      await half.send(encodeOffer(offer))
      expect(await answerOn(half)).toMatchObject({ type: 'prove' })
      const begin = clock.now()
      for (const channel of [silent, half]) {
        expect(await answerOn(channel)).toMatchObject({ refusal: { code: 'TIMEOUT' } })
        expect(await channel.receive()).toBeUndefined()
      }
      expect(clock.now() - begin).toBeLessThan(11_000)
      expect(member.counts).toEqual({ 'refused/TIMEOUT': 2 })
    })
  })

  it('who goes away in the middle is forgotten', async () => {
    await withStranger(async ({ member, open, clock }) => {
      const closing = await open()
      await closing.close()
      const aborting = await open()
      await aborting.send(encodeOffer(offer))
      aborting.abort(new Error('changed my mind'))
      await wait(clock, 1_000)
      expect(member.counts).toEqual({})
    })
  })

  it('who claims to be known is asked to introduce itself', async () => {
    await withStranger(async ({ open, clock }) => {
      const channel = await open()
      await channel.send(encodeOffer({ ...offer, known: true }))
      await channel.send(Uint8Array.of(1, 2, 3))
      expect(await answerOn(channel)).toEqual({ type: 'forgotten' })
      expect(await channel.closed).toMatchObject({ code: 'RESET' })
      await wait(clock, 100)
    })
  })

  it.each(['nothing', 'credential'] as const)('who asks for %s has no key', async (asks) => {
    await withStranger(async ({ member, open }) => {
      const channel = await open()
      await channel.send(encodeOffer({ ...offer, asks }))
      expect(await answerOn(channel)).toMatchObject({ refusal: { code: 'MISSING' } })
      expect(member.counts).toEqual({ 'refused/MISSING': 1 })
    })
  })

  it.each([
    ['no proof', () => NO_CREDENTIAL, 'MISSING'],
    ['a made up one', () => new Uint8Array(32), 'WRONG_KEY'],
    ['too long a one', (proof: Uint8Array) => Uint8Array.of(...proof, 0), 'WRONG_KEY'],
    ["the member's own", (proof: Uint8Array) => proof, 'WRONG_KEY']
  ])('who shows %s is refused', async (_, proofOf, code) => {
    await withStranger(async ({ member, open }) => {
      const channel = await open()
      await channel.send(encodeOffer(offer))
      const answer = await answerOn(channel)
      if (answer.type !== 'prove') throw new Error(`got ${answer.type}`)
      const credential = proofOf(answer.credential)
      await channel.send(encodeReply({ type: 'accepted', credential }))
      await channel.send(Uint8Array.of(1, 2, 3)) // as if it were in
      expect(await answerOn(channel)).toMatchObject({ type: 'refused', refusal: { code } })
      expect(member.counts).toEqual({ [`refused/${code}`]: 1 })
    })
  })

  it('who passes on or replays the proof of a member is refused', async () => {
    await withStranger(async ({ member, friend, open, accept }) => {
      // the friend proves itself to the stranger, who has the nonces of the member
      const toMember = await open()
      const met = Promise.withResolvers<Channel>()
      await accept(met.resolve)
      const work = failureOf(
        friend.connector.open(
          friend.id === member.id ? member.id : ('stranger' as typeof member.id),
          PROTOCOL
        )
      )
      const fromFriend = await met.promise
      const theirs = (await fromFriend.receive())!.slice()
      await toMember.send(theirs)
      const answer = (await toMember.receive())!.slice()
      await fromFriend.send(answer)
      // the friend sees that the member's proof was not made for it
      expect(await work).toMatchObject({
        code: 'NOT_ADMITTED',
        detail: { refusedBy: friend.id, refusal: 'WRONG_KEY' }
      })
      toMember.abort(new Error('it did not work'))
    })
  })

  it('who answers nonsense, or not at all, is given up', async () => {
    await withStranger(async ({ member, accept, clock }) => {
      let answer: Uint8Array | undefined
      await accept((channel) => {
        if (answer !== undefined) void channel.send(answer)
      })
      const peer = 'stranger' as typeof member.id
      const welcome = { type: 'welcome', nonce, credential: NO_CREDENTIAL } as const
      for (const [frame, code] of [
        [Uint8Array.of(9), 'MALFORMED'],
        [encodeAnswer(welcome).slice(0, 10), 'MALFORMED'],
        [encodeAnswer(welcome), 'OTHER'],
        [encodeAnswer({ ...welcome, type: 'prove' }), 'MISSING'],
        [encodeAnswer({ ...welcome, type: 'prove', credential: nonce }), 'WRONG_KEY']
      ] as const) {
        answer = frame
        expect(await failureOf(member.connector.open(peer, PROTOCOL))).toMatchObject({
          code: 'NOT_ADMITTED',
          detail: { refusedBy: member.id, refusal: code }
        })
      }
      answer = encodeAnswer({ type: 'forgotten' })
      expect(await failureOf(member.connector.open(peer, PROTOCOL))).toMatchObject({
        code: 'UNREACHABLE'
      })
      answer = undefined
      const begin = clock.now()
      expect(await failureOf(member.connector.open(peer, PROTOCOL))).toMatchObject({
        code: 'UNREACHABLE'
      })
      expect(clock.now() - begin).toBeLessThan(11_000)
    })
  })

  it('gives reasons that are cut and cannot steer a terminal', async () => {
    await withStranger(async ({ member, accept }) => {
      const reason = `\u001B[2J\n${'no '.repeat(100)}`
      const refusal = { admitted: false, code: 'OTHER', reason } as const
      await accept((channel) => void channel.send(encodeAnswer({ type: 'refused', refusal })))
      const error = await failureOf(member.connector.open('stranger' as typeof member.id, PROTOCOL))
      const { detail } = error as { detail: { reason: string } }
      expect(detail.reason).toBe(`${' [2J  '.slice(0, 5)}${'no '.repeat(100)}`.slice(0, 128))
      expect((error as Error).message).not.toMatch(/\p{C}/u)
    })
  })

  it('with too many introductions is told to wait', async () => {
    await withStranger(async ({ member, open }) => {
      const channels: Channel[] = []
      for (let i = 0; i <= MAX_PENDING_PER_PEER; i++) channels.push(await open())
      expect(await answerOn(channels.at(-1)!)).toMatchObject({ refusal: { code: 'BUSY' } })
      expect(member.counts).toEqual({ 'refused/BUSY': 1 })
      for (const channel of channels) channel.abort(new Error('enough'))
    })
  })

  it('in a crowd gives way to who comes later', async () => {
    await withStranger(async ({ addStranger, friend, member }) => {
      const first = await addStranger('stranger-0')()
      // one at a time they would take longer than a stranger has
      const crowd = Array.from({ length: MAX_PENDING - 1 }, (_, i) => addStranger(`crowd-${i}`)())
      await Promise.all(crowd)
      await exchange(friend, member)
      expect(await answerOn(first)).toMatchObject({ refusal: { code: 'BUSY' } })
      member.accepted.length = 0
    })
  })
})
