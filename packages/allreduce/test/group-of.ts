import type { PeerId } from '@daa-compute/interface'
import { createSimnet, type Simnet, type SimnetInit, type SimPeer } from '@daa-compute/simnet'
import { createGroup } from '../src/group/create-group.ts'
import type { Group, GroupInit } from '../src/group/group.ts'

/** Some peers of a simulated network that may form a group. */
export interface Peers {
  readonly net: Simnet
  readonly peers: readonly SimPeer[]
  readonly members: readonly PeerId[]
  /** Makes a peer a member; call inside `net.run`. */
  join(rank: number, options?: Partial<GroupInit>): Promise<Group>
  joinAll(options?: Partial<GroupInit>): Promise<Group[]>
}

export function peersOf(size: number, init: Partial<SimnetInit> = {}): Peers {
  const net = createSimnet({ seed: 1, latencyMs: { min: 1, max: 5 }, ...init })
  const peers = Array.from({ length: size }, (_, i) => net.addPeer(`peer-${i}`))
  const members = peers.map(({ id }) => id)
  const join = (rank: number, options: Partial<GroupInit> = {}): Promise<Group> => {
    const peer = peers[rank]
    if (peer === undefined) throw new RangeError(`there is no peer ${rank}`)
    const { connector, clock, random } = peer
    return createGroup({ connector, members, clock, random, ...options })
  }
  return {
    net,
    peers,
    members,
    join,
    joinAll: (options) => Promise.all(peers.map((_, rank) => join(rank, options)))
  }
}

/** Waits in virtual time. */
export function sleep(peer: SimPeer | undefined, ms: number): Promise<void> {
  if (peer === undefined) throw new RangeError('there is no such peer')
  return new Promise((resolve) => void peer.clock.schedule(ms, resolve))
}
