import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Rejected, Resolved } from './processes/orders.ts'
import { type Peer, startPeer, startPeers, stopPeers } from './processes/peers.ts'

/** 32 MB: a round of it takes long enough to be hit in the middle. */
const LENGTH = 8_000_000

/** What a machine with other things to do may take longer, ms; the benchmark has the figures. */
const MARGIN_MS = 3_000

/** What a peer brings, by its number: means over three and over four of them are whole. */
const valueOf = (index: number): number => 12 * index

const options = { minPeers: 2 }

let peers: Peer[] = []

afterEach(async () => {
  await stopPeers(peers)
  peers = []
})

function reduce(those: readonly Peer[], length: number): Promise<(Resolved | Rejected)[]> {
  for (const peer of those) {
    peer.order({ type: 'reduce', length, value: valueOf(peers.indexOf(peer)) })
  }
  return outcomes(those)
}

function outcomes(those: readonly Peer[]): Promise<(Resolved | Rejected)[]> {
  return Promise.all(those.map((peer) => peer.outcome()))
}

/** The first of its rounds with that many participants. */
async function roundOf(peer: Peer, count: number): Promise<Resolved> {
  for (;;) {
    const round = await peer.next('resolved')
    if (round.participants.length === count) return round
  }
}

function expectAll(rounds: readonly (Resolved | Rejected)[], those: readonly Peer[]): void {
  const ids = those.map(({ id }) => id)
  const value = those.reduce((sum, peer) => sum + valueOf(peers.indexOf(peer)), 0) / those.length
  const digests = new Set<string>()
  for (const round of rounds) {
    expect(round).toMatchObject({ type: 'resolved', value })
    if (round.type !== 'resolved') continue
    expect(round.participants.toSorted()).toEqual(ids.toSorted())
    digests.add(round.digest)
  }
  expect(digests.size).toBe(1)
}

describe('four peers in processes of their own', () => {
  it.each([
    ['killed', 'SIGKILL', 0],
    ['stopped', 'SIGSTOP', 3_000]
  ] as const)('finish a round in which one is %s', async (_, signal, withinMs) => {
    peers = await startPeers({ count: 4, options })
    const victim = peers[1]!
    const survivors = peers.filter((peer) => peer !== victim)
    const undisturbed = performance.now()
    expectAll(await reduce(peers, LENGTH), peers)
    const roundMs = performance.now() - undisturbed

    for (const [i, peer] of peers.entries()) {
      peer.order({ type: 'reduce', length: LENGTH, value: valueOf(i) })
    }
    await victim.next('moving')
    victim.signal(signal)
    const start = performance.now()
    expectAll(await outcomes(survivors), survivors)
    expect(performance.now() - start).toBeLessThan(roundMs + withinMs + MARGIN_MS)
    expectAll(await reduce(survivors, 1000), survivors)
  })

  it('tell one that was stopped in a round that it is behind, and take it in again', async () => {
    peers = await startPeers({ count: 4, options })
    const victim = peers[2]!
    const survivors = peers.filter((peer) => peer !== victim)
    for (const [i, peer] of peers.entries()) {
      peer.order({ type: 'reduce', length: LENGTH, value: valueOf(i) })
    }
    await victim.next('moving')
    victim.signal('SIGSTOP')
    expectAll(await outcomes(survivors), survivors)
    victim.signal('SIGCONT')
    const thawed = await victim.outcome()
    expect(thawed).toMatchObject({ type: 'rejected', code: 'BEHIND', isIntact: true })

    for (const [i, peer] of peers.entries()) {
      peer.order({ type: 'pace', length: 1000, value: valueOf(i), everyMs: 50 })
    }
    const rounds = await Promise.all(peers.map((peer) => roundOf(peer, 4)))
    const latest = Math.max(...rounds.map(({ sequence }) => sequence))
    expect(latest).toBeGreaterThan(0)
    expectAll(rounds, peers)
  })

  it('go on within 5 s when one is stopped between rounds a second apart', async () => {
    peers = await startPeers({ count: 4, options })
    for (const [i, peer] of peers.entries()) {
      peer.order({ type: 'pace', length: 1000, value: valueOf(i), everyMs: 1_000 })
    }
    const victim = peers[3]!
    // three intervals, from which the run knows its rhythm
    await Promise.all(
      peers.map(async (peer) => {
        for (let round = 0; round < 5; round++) await peer.next('resolved')
      })
    )
    victim.signal('SIGSTOP')
    const start = performance.now()
    const survivors = peers.filter((peer) => peer !== victim)
    const rounds = await Promise.all(survivors.map((peer) => roundOf(peer, 3)))
    expect(performance.now() - start).toBeLessThan(5_000 + MARGIN_MS)
    expectAll(rounds, survivors)
    victim.signal('SIGCONT')
    expectAll(await Promise.all(peers.map((peer) => roundOf(peer, 4))), peers)
  })

  it('take one in again that was killed and comes back by the same name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'daa-processes-'))
    try {
      const identities = Array.from({ length: 4 }, (_, i) => join(folder, `${i}.key`))
      peers = await startPeers({ count: 4, options, identities })
      const pace = (peer: Peer, i: number): void =>
        peer.order({ type: 'pace', length: 1000, value: valueOf(i), everyMs: 50 })
      for (const [i, peer] of peers.entries()) pace(peer, i)
      await Promise.all(peers.map((peer) => roundOf(peer, 4)))
      const killed = peers[0]!
      await killed[Symbol.asyncDispose]()
      await Promise.all(peers.slice(1).map((peer) => roundOf(peer, 3)))

      const { addresses: bootstrap } = peers[1]!
      const back = await startPeer({ bootstrap, options, identity: identities[0] })
      peers[0] = back
      expect(back.id).toBe(killed.id)
      pace(back, 0)
      expect(await back.outcome()).toMatchObject({ type: 'rejected', code: 'BEHIND' })
      expectAll(await Promise.all(peers.map((peer) => roundOf(peer, 4))), peers)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('two peers in processes of their own', () => {
  it('are both told when their lengths differ', async () => {
    peers = await startPeers({ count: 2, options })
    const lengths = [1_000, 1_001]
    for (const [i, peer] of peers.entries()) {
      peer.order({ type: 'reduce', length: lengths[i]!, value: i })
    }
    const rejected = await outcomes(peers)
    for (const outcome of rejected) {
      expect(outcome).toMatchObject({ type: 'rejected', code: 'REQUEST_MISMATCH', isIntact: true })
    }
    for (const outcome of rejected) {
      for (const length of lengths) {
        expect(outcome.type === 'rejected' && outcome.message).toContain(String(length))
      }
    }
    expectAll(await reduce(peers, 1_000), peers)
  })
})
