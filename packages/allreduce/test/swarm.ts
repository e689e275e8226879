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
