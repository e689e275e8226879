/**
 * Measures rounds among processes and reports one figure as a line of JSON.
 *
 *   node --conditions=source measure.ts <what>
 *
 * `median`, `p99`: ms of a steady round of four with 1 KiB.
 * `form`: ms of the first round of eight in a run, once their links stand and the
 * processes have had another run before; `start`: of fresh processes.
 * `killed`, `stopped`: ms from the signal to one of four in the middle of a round
 * of 32 MB until the last survivor has the result, less an undisturbed round.
 */
import { type Peer, startPeers, stopPeers } from '../../test/processes/peers.ts'

const KIB_1 = 256
const MB_32 = 8_000_000
const options = { minPeers: 2 }

const what = process.argv[2] ?? ''
console.log(JSON.stringify({ value: await measure(), unit: 'ms' }))

function measure(): Promise<number> {
  if (what === 'median') return withPeers(4, (peers) => steady(peers, 0.5))
  if (what === 'p99') return withPeers(4, (peers) => steady(peers, 0.99))
  if (what === 'form') return withPeers(8, form)
  if (what === 'start') return withPeers(8, first)
  if (what === 'killed') return withPeers(4, (peers) => recover(peers, 'SIGKILL'))
  if (what === 'stopped') return withPeers(4, (peers) => recover(peers, 'SIGSTOP'))
  throw new TypeError(`there is no measurement ${what}`)
}

async function withPeers(
  count: number,
  measurement: (peers: Peer[]) => Promise<number>
): Promise<number> {
  const peers = await startPeers({ count, options: { ...options, minPeers: count - 1 } })
  try {
    return await measurement(peers)
  } finally {
    await stopPeers(peers)
  }
}

/** A quantile of a burst's rounds, the slowest peer's, once everything is warm. */
async function steady(peers: readonly Peer[], quantile: number): Promise<number> {
  const burst = async (rounds: number): Promise<number[]> => {
    for (const [value, peer] of peers.entries()) {
      peer.order({ type: 'burst', length: KIB_1, value, rounds })
    }
    const told = await Promise.all(peers.map((peer) => peer.next('times')))
    return told.map(({ times }) => at(times, quantile))
  }
  await burst(500)
  return Math.max(...(await burst(1_000)))
}

async function first(peers: readonly Peer[]): Promise<number> {
  return Math.max(...(await reduce(peers, KIB_1)))
}

async function form(peers: readonly Peer[]): Promise<number> {
  for (const run of ['first', 'second', 'third']) {
    await move(peers, run)
    for (let round = 0; round < 100; round++) await reduce(peers, KIB_1)
  }
  await move(peers, 'last')
  return Math.max(...(await reduce(peers, KIB_1)))
}

async function move(peers: readonly Peer[], run: string): Promise<void> {
  for (const peer of peers) peer.order({ type: 'move', run, options: { minPeers: peers.length } })
  await Promise.all(peers.map((peer) => peer.next('moved')))
  for (const peer of peers) peer.order({ type: 'link', members: peers.length })
  await Promise.all(peers.map((peer) => peer.next('linked')))
}

async function recover(peers: readonly Peer[], signal: NodeJS.Signals): Promise<number> {
  const undisturbed: number[] = []
  for (let round = 0; round < 5; round++) {
    undisturbed.push(Math.max(...(await reduce(peers, MB_32))))
  }
  const [victim, ...survivors] = peers
  const reduced = reduce(peers, MB_32, survivors)
  await victim!.next('moving')
  victim!.signal(signal)
  const start = performance.now()
  await reduced
  return performance.now() - start - at(undisturbed, 0.5)
}

/** ms of a round, by peer. */
async function reduce(
  peers: readonly Peer[],
  length: number,
  awaited: readonly Peer[] = peers
): Promise<number[]> {
  for (const [value, peer] of peers.entries()) peer.order({ type: 'reduce', length, value })
  const rounds = await Promise.all(awaited.map((peer) => peer.next('resolved')))
  return rounds.map(({ durationMs }) => durationMs)
}

function at(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? Number.NaN
}
