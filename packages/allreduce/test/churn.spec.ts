import type { Channel, Connector } from '@daa-compute/interface'
import type { SimPeer } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { type AllReduceResult, RoundError, type Run } from '../src/index.ts'
import { createSwarm, type Swarm } from './swarm.ts'
import { noiseOf, sameBits } from './values.ts'

/** What became of one call. */
interface Call {
  readonly rank: number
  readonly result?: AllReduceResult
  readonly code?: string
}

interface Churn {
  readonly swarm: Swarm
  readonly calls: Call[]
  readonly ended: Set<number>
  readonly crashed: Set<number>
  readonly length: number
  readonly flaps: boolean
}

/** Random peers that call, skip, abort, come late, leave, crash and lose links, for a while. */
async function churn(seed: number, length: number, flaps: boolean): Promise<Churn> {
  const size = 2 + (seed % 5)
  const latencyMs = { min: 1, max: seed % 3 === 0 ? 40 : 8 }
  const swarm = createSwarm(size, { seed, latencyMs, bandwidth: 20e6 })
  const state: Churn = { swarm, calls: [], ended: new Set(), crashed: new Set(), length, flaps }
  const { net } = swarm
  await net.run(async () => {
    const minPeers = 1 + Math.floor(net.random.next() * Math.min(size, 3))
    const lives = swarm.peers.map((_, rank) => live(state, rank, minPeers))
    // a crashed peer's promises never settle
    const over = new Promise<void>((resolve) => void net.clock.schedule(600_000, resolve))
    const done = Promise.all(lives.map((life, rank) => life.then(() => state.ended.add(rank))))
    await Promise.race([done, over])
  })
  return state
}

async function live(
  { swarm, calls, ended, crashed, length, flaps }: Churn,
  rank: number,
  minPeers: number
): Promise<void> {
  const peer = swarm.peers[rank]!
  const { random, clock } = peer
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.schedule(ms, resolve))
  const chance = (probability: number): boolean => random.next() < probability

  await sleep(chance(0.3) ? random.next() * 400 : random.next() * 5)
  const run = await swarm.join(peer, {
    connector: flaps ? flappy(peer) : peer.connector,
    minPeers,
    enterLate: chance(0.25),
    patienceMs: 300,
    formTimeoutMs: 12_000
  })
  if (chance(0.2)) {
    swarm.net.clock.schedule(random.next() * 600, () => {
      ended.add(rank)
      crashed.add(rank)
      peer.crash()
    })
  }
  if (chance(0.1)) clock.schedule(random.next() * 600, () => void run.leave())
  for (let call = 0; call < 5; call++) {
    if (chance(0.15)) await sleep(random.next() * 1500)
    const abortAfter = chance(0.2) ? random.next() * 60 : undefined
    const outcome = await reduceOnce(run, peer, length, abortAfter)
    calls.push({ rank, ...outcome })
    if (outcome.code === 'LEFT' || outcome.code === 'BEHIND') break
    await sleep(random.next() * 20)
  }
  await run.leave()
}

/** One call, checked for what has to hold of it alone. */
async function reduceOnce(
  run: Run,
  peer: SimPeer,
  length: number,
  abortAfter: number | undefined
): Promise<Omit<Call, 'rank'>> {
  const values = noiseOf(peer.random, length)
  const before = values.slice()
  const giveUp = new AbortController()
  if (abortAfter !== undefined) peer.clock.schedule(abortAfter, () => giveUp.abort())
  const start = peer.clock.now()
  try {
    const result = await run.allReduce(values, { signal: giveUp.signal })
    return { result: { ...result, values: values.slice() } }
  } catch (error) {
    // forming, stalling and voting all have their deadlines
    expect(peer.clock.now() - start).toBeLessThan(30_000)
    expect(sameBits(values, before)).toBe(true)
    const code = error instanceof RoundError ? (error as RoundError).code : 'aborted'
    if (code === 'aborted') expect(error).toBe(giveUp.signal.reason)
    if (error instanceof Error) expect(error.message).not.toMatch(/malformed|dropped before/)
    return { code }
  }
}

/** A connector whose channels break now and then. */
function flappy(peer: SimPeer): Connector {
  const { connector, random, clock } = peer
  const wear = (channel: Channel): Channel => {
    if (random.next() < 0.3) {
      clock.schedule(random.next() * 2_000, () => channel.abort(new Error('flap')))
    }
    return channel
  }
  return {
    self: connector.self,
    open: async (...args) => wear(await connector.open(...args)),
    accept: (protocol, handler) => connector.accept(protocol, (channel) => handler(wear(channel)))
  }
}

const GAVE_UP = new Set(['OUTCOME_UNKNOWN', 'QUORUM_LOST', 'LEFT', 'aborted'])

/**
 * Two results of one round are one result. What a peer
 * counted just before it crashed does not bind the others: only a quorum could.
 */
function expectAgreement({ swarm, calls, crashed, ended }: Churn): void {
  const ids = swarm.peers.map(({ id }) => id)
  const results = calls.flatMap(({ rank, result }) =>
    result === undefined || crashed.has(rank) ? [] : [{ rank, result }]
  )
  for (const { result: a } of results) {
    for (const { result: b } of results) {
      if (a.sequence !== b.sequence || a.lineage !== b.lineage) continue
      expect(b.participants).toEqual(a.participants)
      expect(b.attempt).toBe(a.attempt)
      expect(sameBits(a.values, b.values)).toBe(true)
    }
    for (const rank of a.participants.map((id) => ids.indexOf(id))) {
      const counted = results.some(
        ({ rank: r, result }) => r === rank && result.sequence === a.sequence
      )
      // who gave up, or was cut off, may have brought all that the others needed
      const inDoubt = calls.some((call) => call.rank === rank && GAVE_UP.has(call.code ?? ''))
      expect(counted || inDoubt || crashed.has(rank)).toBe(true)
    }
  }
  expect(ended.size).toBe(swarm.peers.length)
}

const seeds = Array.from({ length: 60 }, (_, i) => i)

describe('under churn', () => {
  const profiles: Record<string, [from: number, length: number, flaps: boolean]> = {
    'with values': [100, 2_000, false],
    'with nothing to reduce': [1_050, 0, false],
    'with links that break': [2_300, 2_000, true]
  }
  for (const [name, [from, length, flaps]] of Object.entries(profiles)) {
    it.each(seeds.map((seed) => from + seed))(
      `nobody disagrees, hangs, loses values or is expelled, ${name} (seed %i)`,
      async (seed) => {
        const state = await churn(seed, length, flaps)
        expectAgreement(state)
      }
    )
  }
})
