import type { DType, MemberBudget, Placement, PlanMember } from '@daa-compute/interface'
import { CAPPED_SEGMENT_MS, DEFAULT_BANDWIDTH, MIN_CAPPED_SEGMENT_LENGTH } from './constants.ts'
import { createNetwork, type Network, networkOf } from './network.ts'
import { valueCost } from './value-cost.ts'

/** Whether any member has said that it gives less than everything. */
export function areLimited(members: readonly MemberBudget[]): boolean {
  return members.some(({ uplink, downlink }) => uplink !== undefined || downlink !== undefined)
}

/** Ranks that are to send as little as possible; none if all are, as somebody has to do the work. */
export function sparedRanks(members: readonly MemberBudget[]): ReadonlySet<number> {
  const spared = [...members.keys()].filter((rank) => members[rank]?.uplink === 0)
  return new Set(spared.length < members.length ? spared : [])
}

/** The network between members as a placement knows it, at what they give of it. */
export function networkWithin(
  members: readonly PlanMember[],
  placement: Placement | undefined
): Network {
  const measured = networkOf(
    members.map(({ peer }) => peer),
    placement
  )
  const size = members.length
  const capped = (speed: number | undefined, cap: number | undefined): number =>
    Math.min(speed ?? DEFAULT_BANDWIDTH, cap !== undefined && cap > 0 ? cap : Infinity)
  return createNetwork({
    size,
    delayMs: (from, to) => measured.delays[from * size + to],
    bandwidth: (from, to) =>
      capped(
        capped(measured.bandwidths[from * size + to], members[from]?.uplink),
        members[to]?.downlink
      ),
    uplink: (rank) => capped(measured.uplinks[rank], members[rank]?.uplink),
    downlink: (rank) => capped(measured.downlinks[rank], members[rank]?.downlink)
  })
}

/**
 * Elements of a segment that a capped member can send one of to each of the others
 * in a time in which nobody takes it for dead.
 */
export function segmentWithin(
  segmentLength: number,
  members: readonly MemberBudget[],
  dtype: DType,
  codec: string
): number {
  const caps = members.flatMap(({ uplink = 0, downlink = 0 }) =>
    [uplink, downlink].filter((cap) => cap > 0)
  )
  if (caps.length === 0) return segmentLength
  const bits = 8 * valueCost(dtype, codec).bytes * members.length
  const most = ((Math.min(...caps) / 1000) * CAPPED_SEGMENT_MS) / bits
  const whole = Math.max(MIN_CAPPED_SEGMENT_LENGTH, Math.floor(most / 256) * 256)
  return Math.min(segmentLength, whole)
}
