import type { PeerId } from '@daa-compute/interface'
import type { Simnet } from '@daa-compute/simnet'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createSignatureVerifier,
  type Identity,
  identityFromSeed,
  issueRevocation,
  issueToken,
  type MembershipAdmission,
  membershipTokens,
  type RevocationSpread,
  spreadRevocations
} from '../../src/index.ts'
import { encodeRevocations } from '../../src/admission/membership/revocation-message.ts'
import { revocationBytes } from '../../src/admission/membership/revocation.ts'
import {
  addMember,
  exchange,
  failureOf,
  type Member,
  network,
  PROTOCOL,
  RUN,
  wait
} from './simulation.ts'

const TOPIC = '/test/revocations'
const NOW = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

interface TokenMember extends Member {
  readonly admission: MembershipAdmission
  readonly spread: RevocationSpread
}

let owner: Identity
let stranger: Identity

beforeAll(async () => {
  owner = await identityFromSeed(new Uint8Array(32).fill(1))
  stranger = await identityFromSeed(new Uint8Array(32).fill(2))
})

async function join(simnet: Simnet, name: string, issuedMs = NOW): Promise<TokenMember> {
  const peer = name as PeerId
  const token = await issueToken({
    signer: owner.signer,
    run: RUN,
    peer,
    issuedMs,
    expiresMs: NOW + DAY
  })
  const admission = await membershipTokens({
    run: RUN,
    self: peer,
    owner: owner.peer,
    token,
    verifier: createSignatureVerifier(),
    wallClock: () => NOW + simnet.clock.now()
  })
  const member = await addMember(simnet, name, { admission })
  const { broadcast, clock, random } = member.peer
  const spread = spreadRevocations({ admission, broadcast, topic: TOPIC, clock, random })
  return { ...member, admission, spread }
}

function revocationOf(peer: string, issuedMs: number, by: Identity = owner): Promise<string> {
  return issueRevocation({ signer: by.signer, run: RUN, peer: peer as PeerId, issuedMs })
}

describe('revocations', () => {
  it('reach every member from the one that is told, and throw the peer out everywhere', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const [a, b, c] = await Promise.all([join(simnet, 'a'), join(simnet, 'b'), join(simnet, 'c')])
      const channels = await Promise.all([
        a.connector.open(c.id, PROTOCOL),
        b.connector.open(c.id, PROTOCOL),
        c.connector.open(b.id, PROTOCOL)
      ])
      await wait(simnet.clock, 100)
      expect(await a.admission.revoke(await revocationOf('c', NOW))).toBe(true)
      a.spread.publish()
      const begin = simnet.clock.now()
      await Promise.all(channels.map(({ closed }) => closed))
      expect(simnet.clock.now() - begin).toBeLessThan(100)
      for (const member of [a, b]) {
        expect(await failureOf(c.connector.open(member.id, PROTOCOL))).toMatchObject({
          code: 'NOT_ADMITTED',
          detail: { refusedBy: member.id, refusal: 'REVOKED' }
        })
        expect(await failureOf(member.connector.open(c.id, PROTOCOL))).toMatchObject({
          code: 'NOT_ADMITTED',
          detail: { refusedBy: member.id, refusal: 'REVOKED' }
        })
        expect(member.counts['expelled/REVOKED']).toBe(1)
      }
      b.accepted.length = 0
      await exchange(a, b)
      // let back in with a new token
      const { signer } = owner
      const [issuedMs, expiresMs] = [NOW + 1, NOW + DAY]
      await c.admission.renew(
        await issueToken({ signer, run: RUN, peer: c.id, issuedMs, expiresMs })
      )
      await exchange(c, a)
    })
  })

  it('are told to those who come later, by one of those who know', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const [a, b] = await Promise.all([join(simnet, 'a'), join(simnet, 'b')])
      await a.admission.revoke(await revocationOf('evil', NOW))
      a.spread.publish()
      await wait(simnet.clock, 20_000)
      expect(b.admission.revocations()).toHaveLength(1)
      const messages: PeerId[] = []
      const late = await join(simnet, 'late')
      late.peer.broadcast.subscribe(TOPIC, ({ from }) => messages.push(from))
      await wait(simnet.clock, 3_000)
      expect(late.admission.revocations()).toHaveLength(1)
      expect(messages).toHaveLength(1)
    })
  })

  it('are told to those who come later, though somebody makes believe that they were', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const [a, evil] = await Promise.all([join(simnet, 'a'), join(simnet, 'evil')])
      await a.admission.revoke(await revocationOf('somebody', NOW))
      a.spread.publish()
      await wait(simnet.clock, 20_000)
      evil.spread.stop()
      const [real = new Uint8Array()] = evil.admission.revocations()
      const changed = real.map((byte, i) => (i < real.length - 32 ? 0 : byte))
      const longer = new Uint8Array(real.length + 32)
      longer.set(real)
      longer.set(real.subarray(-32), real.length)
      const [message = new Uint8Array()] = encodeRevocations([changed, longer], 1024)
      const late = await join(simnet, 'late')
      for (let i = 0; i < 300; i++) {
        await evil.peer.broadcast.publish(TOPIC, message)
        await wait(simnet.clock, 500)
      }
      expect(late.admission.revocations()).toHaveLength(1)
    })
  })

  it('are repeated to those who have missed them', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const [a, b] = await Promise.all([join(simnet, 'a'), join(simnet, 'b')])
      await wait(simnet.clock, 100)
      simnet.partition([['a'], ['b']])
      await a.admission.revoke(await revocationOf('evil', NOW))
      a.spread.publish()
      await wait(simnet.clock, 1_000)
      simnet.heal()
      expect(b.admission.revocations()).toHaveLength(0)
      await wait(simnet.clock, 120_000)
      expect(b.admission.revocations()).toHaveLength(1)
    })
  })

  it('that are forged, malformed or too many have no effect', async () => {
    const simnet = network()
    const forged = await revocationOf('b', NOW, {
      ...stranger,
      signer: { ...stranger.signer, peer: owner.peer }
    })
    const foreign = await revocationOf('b', NOW, stranger)
    const good = await revocationOf('c', NOW)
    await simnet.run(async () => {
      const [a, b] = await Promise.all([join(simnet, 'a'), join(simnet, 'b')])
      const { broadcast } = simnet.addPeer('evil')
      const channel = await a.connector.open(b.id, PROTOCOL)
      await wait(simnet.clock, 100)
      const both = [forged, foreign].map(revocationBytes)
      for (const message of [
        new Uint8Array(),
        new Uint8Array(100),
        Uint8Array.of(1, 255, 255),
        Uint8Array.of(1, 1, 0, 255, 255, 255, 255),
        Uint8Array.of(2, 1, 0),
        ...encodeRevocations(both, 8192),
        ...encodeRevocations([new Uint8Array(50), both[0]!.slice(0, 60)], 8192)
      ]) {
        await broadcast.publish(TOPIC, message)
      }
      await wait(simnet.clock, 1_000)
      expect(a.admission.revocations()).toEqual([])
      await channel.send(Uint8Array.of(1))
      expect(await b.accepted[0]!.receive()).toHaveLength(1)
      // what is true counts, whoever says it
      await broadcast.publish(TOPIC, encodeRevocations([revocationBytes(good)], 8192)[0]!)
      await wait(simnet.clock, 1_000)
      expect(a.admission.revocations()).toEqual([revocationBytes(good)])
    })
  })

  async function forgeries(count: number): Promise<Uint8Array[]> {
    const forger = { ...stranger, signer: { ...stranger.signer, peer: owner.peer } }
    const peers = Array.from({ length: count }, (_, i) => `p${i}`)
    const texts = await Promise.all(peers.map((peer) => revocationOf(peer, NOW, forger)))
    return texts.map(revocationBytes)
  }

  it('are heard of an honest peer while another floods with forged ones', async () => {
    const simnet = network()
    const flood = encodeRevocations(await forgeries(400), 8192)
    const honest = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => revocationBytes(await revocationOf(`q${i}`, NOW)))
    )
    await simnet.run(async () => {
      const member = await join(simnet, 'a')
      const [evil, good] = [simnet.addPeer('evil'), simnet.addPeer('good')]
      for (let i = 0; i < 5; i++) {
        for (const message of flood) await evil.broadcast.publish(TOPIC, message)
        await wait(simnet.clock, 50)
      }
      for (const message of encodeRevocations(honest, 8192)) {
        for (const forged of flood) await evil.broadcast.publish(TOPIC, forged)
        await good.broadcast.publish(TOPIC, message)
        await wait(simnet.clock, 50)
      }
      await wait(simnet.clock, 100)
      // all of them, more than are checked of forged ones in that time
      expect(member.admission.revocations()).toHaveLength(200)
    })
  })

  it.each([
    ['of one sender', 1, 8, 10],
    ['of all senders', 40, 100, 160]
  ])('cost a bounded number of signatures to check, %s', async (_, senders, least, most) => {
    const simnet = network()
    const revocations = await forgeries(400)
    await simnet.run(async () => {
      let checked = 0
      const member = await join(simnet, 'a')
      const { revoke } = member.admission
      member.admission.revoke = (bytes) => {
        checked++
        return revoke.call(member.admission, bytes)
      }
      for (let i = 0; i < senders; i++) {
        const { broadcast } = simnet.addPeer(`evil-${i}`)
        for (const message of encodeRevocations(revocations, 8192)) {
          await broadcast.publish(TOPIC, message)
        }
      }
      await wait(simnet.clock, 500)
      expect(checked).toBeGreaterThanOrEqual(least)
      expect(checked).toBeLessThanOrEqual(most)
    })
  })

  it('fill as few messages as they fit in', () => {
    const sizes = (count: number, length: number, limit: number): number[] =>
      encodeRevocations(
        Array.from({ length: count }, () => new Uint8Array(length)),
        limit
      ).map(({ length: bytes }) => bytes)
    expect(sizes(0, 200, 1000)).toEqual([])
    expect(sizes(5, 200, 1000)).toEqual([819, 207])
    expect(sizes(65, 1, 8192)).toEqual([3 + 64 * 5, 8])
    expect(sizes(1, 2000, 1000)).toEqual([])
  })

  it('are told no more once it is over', async () => {
    const simnet = network()
    await simnet.run(async () => {
      const [a, b] = await Promise.all([join(simnet, 'a'), join(simnet, 'b')])
      await a.admission.revoke(await revocationOf('evil', NOW))
      a.spread.stop()
      a.spread.stop()
      a.spread.publish()
      await wait(simnet.clock, 300_000)
      expect(b.admission.revocations()).toEqual([])
    })
  })
})
