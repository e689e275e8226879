import { afterEach, describe, expect, it } from 'vitest'
import type { Rejected, Resolved } from './processes/orders.ts'
import { type Peer, startPeers, stopPeers } from './processes/peers.ts'

/** Short, so that a thread can be blocked for several times as long. */
const options = { minPeers: 2, patienceMs: 1_000, suspectAfterMs: 1_000, quorumLossMs: 1_000 }
const BLOCK_MS = 8_000

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

function reduce(those: readonly Peer[], enterLate = false): Promise<(Resolved | Rejected)[]> {
  for (const peer of those) peer.order({ type: 'reduce', length: LENGTH, value: 3, enterLate })
  return Promise.all(those.map((peer) => peer.outcome()))
}

function expectAll(rounds: readonly (Resolved | Rejected)[], those: readonly Peer[]): void {
  const participants = those.map(({ id }) => id).toSorted()
  for (const round of rounds) {
    expect(round).toMatchObject({ type: 'resolved', value: 3 })
    expect(round.type === 'resolved' && round.participants.toSorted()).toEqual(participants)
  }
}

async function seenBy(
  peer: Peer
): Promise<{ members: readonly string[]; downs: readonly string[] }> {
  peer.order({ type: 'look' })
  return await peer.next('seen')
}

/** Whether a peer's thread is still blocked. */
function watch(peer: Peer): { isAwake: boolean; awake: Promise<void> } {
  const watched = {
    isAwake: false,
    awake: peer.next('awake').then(() => {
      watched.isAwake = true
    })
  }
  // a test may be over before
  watched.awake.catch(() => undefined)
  return watched
}

describe('a peer that blocks its thread', () => {
  it('in a round holds nobody up whose network is on another thread', async () => {
    const { busy, others } = await start(true)
    busy.order({ type: 'reduceAndBlock', length: LENGTH, value: 3, ms: BLOCK_MS })
    await busy.next('blocking')
    const blocked = watch(busy)
    expectAll(await reduce(others), peers)
    expect(blocked.isAwake).toBe(false)
    await blocked.awake
    expectAll([await busy.outcome()], peers)
    expectAll(await reduce(peers), peers)
  })

  it('in a round is gone without on the same thread', async () => {
    const { busy, others } = await start(false)
    busy.order({ type: 'block', ms: BLOCK_MS })
    await busy.next('blocking')
    expectAll(await reduce(others), others)
  })

  it('between rounds is waited for with patience, is not suspected, and is taken in again', async () => {
    const { busy, others } = await start(true)
    busy.order({ type: 'block', ms: BLOCK_MS })
    await busy.next('blocking')
    const blocked = watch(busy)
    // several rounds, the first of which waits
    for (let round = 0; round < 3; round++) expectAll(await reduce(others), others)
    for (const peer of others) {
      const { members, downs } = await seenBy(peer)
      expect(members.toSorted()).toEqual(peers.map(({ id }) => id).toSorted())
      expect(downs).toEqual([])
    }
    expect(blocked.isAwake).toBe(false)
    await blocked.awake
    busy.order({ type: 'reduce', length: LENGTH, value: 3 })
    expect(await busy.outcome()).toMatchObject({ type: 'rejected', code: 'BEHIND', isIntact: true })
    busy.order({ type: 'reduce', length: LENGTH, value: 3, enterLate: true })
    const entered = busy.outcome()
    let last = await reduce(others)
    while (last.some((round) => round.type === 'resolved' && round.participants.length < 3)) {
      last = await reduce(others)
    }
    expectAll([await entered, ...last], peers)
  })

  // a survivor of two cannot go on: what it is told depends on whether the other answers
  it.each([
    ['is waited for by one who cannot go on without it', true, { type: 'resolved', value: 3 }],
    ['is lost to one who cannot go on, on the same thread', false, { code: 'QUORUM_LOST' }]
  ])('between rounds %s', async (_, thread, expected) => {
    const { busy, others } = await start(thread, 2)
    busy.order({ type: 'block', ms: BLOCK_MS })
    await busy.next('blocking')
    const blocked = watch(busy)
    others[0]!.order({ type: 'reduce', length: LENGTH, value: 3 })
    const outcome = others[0]!.outcome()
    if (thread) await blocked.awake
    busy.order({ type: 'reduce', length: LENGTH, value: 3 })
    expect(await outcome).toMatchObject(expected)
    expect(blocked.isAwake).toBe(thread)
  })
})
