import { afterEach, describe, expect, it } from 'vitest'
import type { Rejected, Report, Resolved } from './processes/orders.ts'
import { type Peer, startPeers, stopPeers } from './processes/peers.ts'

/** Short, since a thread is blocked until all of it is over. */
const options = { minPeers: 2, patienceMs: 1_000, suspectAfterMs: 1_000, quorumLossMs: 1_000 }

const LENGTH = 10_000

let peers: Peer[] = []

afterEach(async () => {
  await stopPeers(peers)
  peers = []
})

/** Peers that have had a round, the first of them with its network on its own thread or not. */
async function start(thread: boolean, count = 3): Promise<{ busy: Peer; others: readonly Peer[] }> {
  peers = await startPeers({ count, options, thread })
  const [busy, ...others] = peers
  expectAll(await reduce(peers), peers)
  return { busy: busy!, others }
}

function begin(peer: Peer, enterLate = false): Promise<Resolved | Rejected> {
  peer.order({ type: 'reduce', length: LENGTH, value: 3, enterLate })
  return peer.outcome()
}

function reduce(those: readonly Peer[]): Promise<(Resolved | Rejected)[]> {
  return Promise.all(those.map((peer) => begin(peer)))
}

function expectAll(rounds: readonly (Resolved | Rejected)[], those: readonly Peer[]): void {
  const participants = those.map(({ id }) => id).toSorted()
  for (const round of rounds) {
    expect(round).toMatchObject({ type: 'resolved', value: 3 })
    expect(round.type === 'resolved' && round.participants.toSorted()).toEqual(participants)
  }
}

async function seenBy(peer: Peer): Promise<Extract<Report, { type: 'seen' }>> {
  peer.order({ type: 'look' })
  return await peer.next('seen')
}

describe('a peer that blocks its thread', () => {
  it('in a round holds nobody up whose network is on another thread', async () => {
    const { busy, others } = await start(true)
    busy.order({ type: 'reduceAndBlock', length: LENGTH, value: 3 })
    await busy.next('blocking')
    expectAll(await reduce(others), peers)
    busy.release()
    expectAll([await busy.outcome()], peers)
    expectAll(await reduce(peers), peers)
  })

  it('in a round is gone without on the same thread', async () => {
    const { busy, others } = await start(false)
    busy.order({ type: 'reduceAndBlock', length: LENGTH, value: 3 })
    await busy.next('blocking')
    expectAll(await reduce(others), others)
    busy.release()
    expect(await busy.outcome()).toMatchObject({ type: 'rejected', isIntact: true })
  })

  it('between rounds is waited for with patience, is not suspected, and is taken in again', async () => {
    const { busy, others } = await start(true)
    busy.order({ type: 'block' })
    await busy.next('blocking')
    // several rounds, the first of which waits
    for (let round = 0; round < 3; round++) expectAll(await reduce(others), others)
    for (const peer of others) {
      const { members, downs } = await seenBy(peer)
      expect(members.toSorted()).toEqual(peers.map(({ id }) => id).toSorted())
      expect(downs).toEqual([])
    }
    busy.release()
    expect(await begin(busy)).toMatchObject({ type: 'rejected', code: 'BEHIND', isIntact: true })
    const entered = begin(busy, true)
    let last = await reduce(others)
    while (last.some((round) => round.type === 'resolved' && round.participants.length < 3)) {
      last = await reduce(others)
    }
    expectAll([await entered, ...last], peers)
  })

  // a survivor of two cannot go on: what it is told depends on whether the other answers

  it('between rounds is waited for by one who cannot go on without it', async () => {
    const { busy, others } = await start(true, 2)
    busy.order({ type: 'block' })
    await busy.next('blocking')
    const [other] = others
    other!.order({ type: 'reduce', length: LENGTH, value: 3 })
    // patience was over more than once, and each time the busy one has answered
    while ((await seenBy(other!)).attempt < 2);
    busy.release()
    expectAll([await begin(busy), await other!.outcome()], peers)
  })

  it('between rounds is lost to one who cannot go on, on the same thread', async () => {
    const { busy, others } = await start(false, 2)
    busy.order({ type: 'block' })
    await busy.next('blocking')
    expect(await begin(others[0]!)).toMatchObject({ code: 'QUORUM_LOST', isIntact: true })
    busy.release()
  })
})
