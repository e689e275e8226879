import type { PeerId, Placement } from '@daa-compute/interface'
import { DEFAULT_BANDWIDTH, DEFAULT_DELAY_MS } from './constants.ts'

/**
 * Delays and bandwidths between the ranks of a group: a static picture of it.
 * Matrices are row by row, `from * size + to`.
 */
export interface Network {
  readonly size: number
  /** ms of one way. */
  readonly delays: Float64Array
  /** bits/s of one connection. */
  readonly bandwidths: Float64Array
  /** bits/s that all connections of a rank share, out of it and into it. */
  readonly uplinks: Float64Array
  readonly downlinks: Float64Array
}

/** What is known of a network. What is left out, undefined or no positive number takes a default. */
export interface NetworkInit {
  readonly size: number
  /** ms of one way. Default: the way back, or 1. */
  delayMs?(from: number, to: number): number | undefined
  /** bits/s of one connection. Default: the way back, or 1 Gbit/s. */
  bandwidth?(from: number, to: number): number | undefined
  /** bits/s of all connections of a rank. Default: that of its fastest one. */
  uplink?(rank: number): number | undefined
  downlink?(rank: number): number | undefined
}

/** A {@link Network} with every gap filled in. */
export function createNetwork(init: NetworkInit): Network {
  const { size } = init
  const delays = new Float64Array(size * size)
  const bandwidths = new Float64Array(size * size)
  const uplinks = new Float64Array(size)
  const downlinks = new Float64Array(size)
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      if (from === to) continue
      const link = from * size + to
      const delay = positive(init.delayMs?.(from, to)) ?? positive(init.delayMs?.(to, from))
      const speed = positive(init.bandwidth?.(from, to)) ?? positive(init.bandwidth?.(to, from))
      delays[link] = delay ?? DEFAULT_DELAY_MS
      bandwidths[link] = speed ?? DEFAULT_BANDWIDTH
      uplinks[from] = Math.max(uplinks[from] ?? 0, bandwidths[link] ?? 0)
      downlinks[to] = Math.max(downlinks[to] ?? 0, bandwidths[link] ?? 0)
    }
  }
  for (let rank = 0; rank < size; rank++) {
    uplinks[rank] = positive(init.uplink?.(rank)) ?? positive(uplinks[rank]) ?? DEFAULT_BANDWIDTH
    downlinks[rank] =
      positive(init.downlink?.(rank)) ?? positive(downlinks[rank]) ?? DEFAULT_BANDWIDTH
  }
  return { size, delays, bandwidths, uplinks, downlinks }
}

/** The network between members, in the order of their ranks, as far as a placement knows it. */
export function networkOf(members: readonly PeerId[], placement?: Placement): Network {
  if (placement === undefined) return createNetwork({ size: members.length })
  const between = <T>(
    from: number,
    to: number,
    ask: (a: PeerId, b: PeerId) => T
  ): T | undefined => {
    const [a, b] = [members[from], members[to]]
    return a === undefined || b === undefined ? undefined : ask(a, b)
  }
  return createNetwork({
    size: members.length,
    delayMs: (from, to) => between(from, to, (a, b) => placement.delayMs(a, b)),
    bandwidth: (from, to) => between(from, to, (a, b) => placement.bandwidth(a, b))
  })
}

/** Measurements may come from anywhere: only finite positive numbers are any. */
function positive(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined
}
