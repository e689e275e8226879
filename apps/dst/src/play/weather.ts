import type { PeerId } from '@daa-compute/interface'
import type { Simnet, SimPeer } from '@daa-compute/simnet'

/** Brings a fault to an end. */
export type End = () => void

/** What can go wrong in a network, several at a time. */
export interface Weather {
  freeze(peer: SimPeer): End
  slow(peer: SimPeer, factor: number): End
  /** Blocks every way between the two sides. */
  part(inside: readonly PeerId[], outside: readonly PeerId[]): End
  /** Blocks one way. */
  cut(from: PeerId, to: PeerId): End
}

export function createWeather(net: Simnet): Weather {
  /** How many faults block a way. */
  const blocked = new Map<string, number>()

  function cut(from: PeerId, to: PeerId): End {
    const key = `${from} ${to}`
    const count = blocked.get(key) ?? 0
    blocked.set(key, count + 1)
    if (count === 0) net.cut(from, to)
    return () => {
      const left = (blocked.get(key) ?? 1) - 1
      blocked.set(key, left)
      if (left === 0) net.restore(from, to)
    }
  }

  return {
    freeze(peer) {
      peer.freeze()
      return () => peer.thaw()
    },
    slow(peer, factor) {
      peer.slowDown(factor)
      return () => peer.slowDown(1)
    },
    cut,
    // of the network's own partitions there is one at a time
    part(inside, outside) {
      const ends = inside.flatMap((a) => outside.flatMap((b) => [cut(a, b), cut(b, a)]))
      return () => {
        for (const end of ends) end()
      }
    }
  }
}
