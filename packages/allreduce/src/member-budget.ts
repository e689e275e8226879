import type { Budget, MemberBudget } from '@daa-compute/interface'

/** What the others of a run have to know of a peer's budget: its caps in bits/s, 0 up for a metered one. */
export function memberBudget(budget: Budget = {}): MemberBudget {
  const { uploadBitsPerSecond: up, downloadBitsPerSecond: down, metered = false } = budget
  const isCapped = (cap: number | undefined): cap is number => cap !== undefined && cap < Infinity
  return {
    ...(metered ? { uplink: 0 } : isCapped(up) && { uplink: Math.ceil(up) }),
    ...(isCapped(down) && { downlink: Math.ceil(down) })
  }
}
