import type { Channel, PeerId } from '@daa-compute/interface'
import type { Libp2p } from '@libp2p/interface'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type AdmittingConnector,
  createAdmittingConnector,
  createConnector,
  createIdentity,
  type Identity,
  issueRevocation,
  issueToken,
  type MembershipAdmission,
  membershipTokens,
  type StoppableConnector,
  type TokenInit
} from '../../src/index.ts'
import { MAX_CREDENTIAL_LENGTH, NONCE_LENGTH } from '../../src/admission/constants.ts'
import { revocationBytes } from '../../src/admission/membership/revocation.ts'
import { tokenBytes } from '../../src/admission/membership/token.ts'
import { decodeAnswer, encodeOffer } from '../../src/admission/messages.ts'
import { introduce, startNode } from '../support/nodes.ts'
import { tcpNetwork } from '../support/tcp.ts'

const RUN = 'a run'
const PROTOCOL = '/test/work/1'
const HOUR = 3_600_000

interface Peer {
  readonly libp2p: Libp2p
  readonly connector: StoppableConnector
}

/** A member serves and has a friend, a stranger tries to get in. */
let peers: Peer[]
let owner: Identity
let admission: MembershipAdmission
let member: AdmittingConnector
let friend: AdmittingConnector
let refused: string[]

async function tokenOf(peer: PeerId, init: Partial<TokenInit> = {}): Promise<string> {
  const now = Date.now()
  const { signer } = owner
  return await issueToken({
    signer,
    run: RUN,
    peer,
    issuedMs: now - HOUR,
    expiresMs: now + HOUR,
    ...init
  })
}

async function memberOf({ connector }: Peer): Promise<[AdmittingConnector, MembershipAdmission]> {
  const { self } = connector
  const token = await tokenOf(self)
  const tokens = await membershipTokens({ run: RUN, self, owner: owner.peer, token })
  const counter = {
    add(_: number, labels: Readonly<Record<string, string>> = {}): void {
      if (labels['outcome'] === 'refused') refused.push(labels['cause'] ?? '')
    }
  }
  const metrics = {
    counter: () => counter,
    gauge: () => ({ set: () => undefined }),
    histogram: () => ({ observe: () => undefined })
  }
  return [createAdmittingConnector({ connector, run: RUN, admission: tokens, metrics }), tokens]
}

async function echo(channel: Channel): Promise<void> {
  for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
    await channel.send(frame.slice())
  }
}

async function serveAndAsk(): Promise<void> {
  const channel = await friend.open(member.self, PROTOCOL)
  await channel.send(Uint8Array.of(1, 2, 3))
  expect((await channel.receive())?.join()).toBe('1,2,3')
  await channel.close()
}

/** What the stranger hears that says this. */
async function answerTo(frame: Uint8Array): Promise<unknown> {
  const [, , stranger] = peers
  const channel = await stranger!.connector.open(member.self, PROTOCOL)
  await channel.send(frame)
  const answer = decodeAnswer((await channel.receive()) as Uint8Array)
  expect(await channel.receive()).toBeUndefined()
  return answer
}

function offerOf(credential: Uint8Array, known = false): Uint8Array {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH))
  return encodeOffer({ asks: 'nothing', known, nonce, credential })
}

beforeAll(async () => {
  owner = await createIdentity()
  peers = await Promise.all(
    [0, 1, 2].map(async () => {
      const libp2p = await startNode(tcpNetwork)
      return { libp2p, connector: createConnector({ libp2p }) }
    })
  )
  const [first] = peers
  for (const { libp2p } of peers.slice(1)) await introduce(libp2p, first!.libp2p)
})

beforeEach(async () => {
  refused = []
  await member?.stop()
  await friend?.stop()
  ;[member, admission] = await memberOf(peers[0]!)
  ;[friend] = await memberOf(peers[1]!)
  await member.accept(PROTOCOL, (channel) => {
    echo(channel).catch(() => undefined)
  })
})

afterAll(async () => {
  for (const { connector, libp2p } of peers) {
    await connector.stop()
    await libp2p.stop()
  }
})

describe('a member of a run on real sockets', () => {
  it('tells a stranger what is wrong with each credential, and serves its friend', async () => {
    const stranger = peers[2]!.connector.self
    const other = await createIdentity()
    const forger = { ...other.signer, peer: owner.peer }
    const good = tokenBytes(await tokenOf(stranger))
    const flipped = good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte))
    const revocation = await issueRevocation({
      signer: owner.signer,
      run: RUN,
      peer: stranger,
      issuedMs: Date.now()
    })
    const bad: readonly (readonly [Uint8Array, string])[] = [
      [new Uint8Array(), 'MISSING'],
      [tokenBytes(await tokenOf(stranger, { signer: forger })), 'FORGED'],
      [tokenBytes(await tokenOf(stranger, { signer: other.signer })), 'FORGED'],
      [flipped, 'FORGED'],
      [tokenBytes(await tokenOf(stranger, { expiresMs: Date.now() - HOUR / 2 })), 'EXPIRED'],
      [tokenBytes(await tokenOf(stranger, { issuedMs: Date.now() + HOUR / 2 })), 'NOT_YET_VALID'],
      [tokenBytes(await tokenOf(stranger, { run: 'another' })), 'OTHER_RUN'],
      // the friend has shown it to somebody who shows it again
      [tokenBytes(await tokenOf(friend.self)), 'OTHER_PEER'],
      [tokenBytes(await tokenOf(stranger, { role: 'observer' })), 'ROLE'],
      [good.slice(0, -40), 'MALFORMED'],
      [revocationBytes(revocation), 'MALFORMED'],
      [new Uint8Array(MAX_CREDENTIAL_LENGTH + 1), 'MALFORMED']
    ]
    for (const [credential, code] of bad) {
      expect(await answerTo(offerOf(credential)), code).toMatchObject({
        type: 'refused',
        refusal: { code }
      })
      await serveAndAsk()
    }
    expect(refused).toEqual(bad.map(([, code]) => code))
  })

  it('takes neither noise nor a claim to be known for an introduction', async () => {
    for (const frame of [new Uint8Array(), new Uint8Array(2 ** 20), new Uint8Array(70).fill(255)]) {
      expect(await answerTo(frame)).toMatchObject({ refusal: { code: 'MALFORMED' } })
    }
    const channel = await peers[2]!.connector.open(member.self, PROTOCOL)
    await channel.send(offerOf(new Uint8Array(), true))
    expect(decodeAnswer((await channel.receive()) as Uint8Array)).toEqual({ type: 'forgotten' })
    expect(await channel.closed).toMatchObject({ code: 'RESET' })
    await serveAndAsk()
  })

  it('throws a friend out who is revoked', async () => {
    const channel = await friend.open(member.self, PROTOCOL)
    await channel.send(Uint8Array.of(1))
    await channel.receive()
    const revocation = await issueRevocation({
      signer: owner.signer,
      run: RUN,
      peer: friend.self,
      issuedMs: Date.now()
    })
    await admission.revoke(revocation)
    expect(await channel.closed).toMatchObject({ code: 'RESET' })
    await expect(friend.open(member.self, PROTOCOL)).rejects.toMatchObject({
      name: 'ConnectorError',
      code: 'NOT_ADMITTED',
      detail: { peer: member.self, run: RUN, refusedBy: member.self, refusal: 'REVOKED' }
    })
  })
})
