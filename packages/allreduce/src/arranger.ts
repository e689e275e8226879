import type { Placement } from '@daa-compute/interface'
import { chooseArrangement } from './cost/choose.ts'
import { areLimited, networkWithin, segmentWithin, sparedRanks } from './cost/budgets.ts'
import { networkOf } from './cost/network.ts'
import { type Arrange, type Arrangement, lengthOf } from './round/attempt/derive-plan.ts'

/** Arrangements kept by a run that knows its network: it has few sizes of tensors, and one group at a time. */
const MAX_KEPT = 64

/** Arrangements kept for all runs that know nothing of theirs; each is small. */
const MAX_SHARED = 1024

const shared = new Map<string, Arrangement>()

/**
 * Arranges requests by the cost model. The same request in the same group is
 * arranged once: the model takes some ms, a small round less. Where nothing is
 * known of the network only the size of the group counts, and what was arranged
 * for one run holds for all. What members give counts as the network does: it is
 * part of the configuration, so that all go by the same.
 */
export function createArranger(placement: Placement | undefined): Arrange {
  const kept = placement === undefined ? shared : new Map<string, Arrangement>()
  const limit = placement === undefined ? MAX_SHARED : MAX_KEPT
  return (members, request) => {
    const { collective, dtype, codec, rule, algorithm } = request
    const length = lengthOf(request)
    const size = members.length
    // ids hold no space; the codec, which may hold anything, comes last
    const limited = areLimited(members)
    const names = placement === undefined ? [] : members.map(({ peer }) => peer)
    const budgets = limited ? members.map(({ uplink, downlink }) => `${uplink}/${downlink}`) : []
    const group = [...names, ...budgets].join(' ')
    const key = `${size} ${group} ${length} ${collective} ${dtype} ${algorithm} ${rule !== undefined} ${codec}`
    const known = kept.get(key)
    if (known !== undefined) return known
    const spared = sparedRanks(members)
    const init = { request: { ...request, length }, size, spared }
    const network = limited
      ? networkWithin(members, placement)
      : placement && networkOf(names, placement)
    const chosen = chooseArrangement({ ...init, network })
    const segmentLength = segmentWithin(chosen.segmentLength, members, dtype, codec)
    const arrangement = { ...chosen, segmentLength }
    if (kept.size >= limit) kept.clear()
    kept.set(key, arrangement)
    return arrangement
  }
}
