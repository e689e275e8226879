import {
  createSimnet,
  type SimDirectory,
  type Simnet,
  type SimnetInit,
  type SimPeer
} from '@daa-compute/simnet'
import { joinRun, type Run, type RunInit } from '../src/index.ts'

/** Some peers of one run in a simulated network. */
export interface Swarm {
  readonly net: Simnet
  readonly directory: SimDirectory
  readonly peers: readonly SimPeer[]
  /** Joins a peer to the run; call inside `net.run`. */
  join(peer: SimPeer, options?: Partial<RunInit>): Promise<Run>
  joinAll(options?: Partial<RunInit>): Promise<Run[]>
}

/** Prints nothing and waits for nothing: everything happens in virtual time. */
export function createSwarm(size: number, init: Partial<SimnetInit> = {}): Swarm {
  const net = createSimnet({ seed: 1, latencyMs: { min: 1, max: 5 }, ...init })
  const directory = net.directory()
  const peers = Array.from({ length: size }, (_, i) => {
    return net.addPeer(`peer-${String(i).padStart(2, '0')}`)
  })
  const join = (peer: SimPeer, options: Partial<RunInit> = {}): Promise<Run> => {
    const view = directory.join(peer)
    return joinRun({
      run: 'test',
      connector: peer.connector,
      directory: view,
      clock: peer.clock,
      random: peer.random,
      minPeers: size,
      ...options
    })
  }
  return {
    net,
    directory,
    peers,
    join,
    joinAll: (options) => Promise.all(peers.map((peer) => join(peer, options)))
  }
}

/** Waits until every run has every other as a member. */
export async function linked(runs: readonly Run[]): Promise<void> {
  await Promise.all(
    runs.map(async (run) => {
      const all = Promise.withResolvers<void>()
      const end = run.on('member:up', () => {
        if (run.members.length === runs.length) all.resolve()
      })
      if (run.members.length < runs.length) await all.promise
      end()
    })
  )
}

/** Values that differ by peer and index; sums of them are exact in float32. */
export function valuesOf(rank: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7 + rank * 13) % 101) - 50)
}

/** The exact mean of {@link valuesOf} over ranks 0 to size - 1. */
export function meanOf(size: number, length: number): Float32Array {
  const sum = new Float32Array(length)
  for (let rank = 0; rank < size; rank++) {
    for (const [i, value] of valuesOf(rank, length).entries()) sum[i] = (sum[i] ?? 0) + value
  }
  return sum.map((value) => value * (1 / size))
}

/** Values that no sum of float32 is exact for. */
export function noiseOf(random: { next(): number }, length: number): Float32Array {
  return Float32Array.from({ length }, () => random.next() - 0.5)
}

/** Whether two arrays hold the same bits: unlike `===`, NaN equals itself and -0 is not 0. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length)
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length)
  return left.every((bits, i) => bits === right[i])
}
