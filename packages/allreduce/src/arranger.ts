import type { Placement } from '@daa-compute/interface'
import { chooseAlgorithm } from './cost/choose.ts'
import { networkOf } from './cost/network.ts'
import { type Arrange, type Arrangement, lengthOf } from './round/derive-plan.ts'

/** Arrangements kept: a run has few sizes of tensors, and one group at a time. */
const MAX_KEPT = 64

/**
 * Arranges requests by the cost model. The same request in the same group is
 * arranged once: the model takes some ms, a small round less.
 */
export function createArranger(placement: Placement | undefined): Arrange {
  const kept = new Map<string, Arrangement>()
  return (members, request) => {
    const { collective, dtype, codec, algorithm } = request
    const length = lengthOf(request)
    const key = JSON.stringify([
      placement === undefined ? members.length : members.map(({ peer }) => peer),
      [collective, dtype, codec, algorithm, length]
    ])
    const known = kept.get(key)
    if (known !== undefined) return known
    const network =
      placement &&
      networkOf(
        members.map(({ peer }) => peer),
        placement
      )
    const size = members.length
    const arrangement = chooseAlgorithm({ request: { ...request, length }, size, network })
    if (kept.size >= MAX_KEPT) kept.clear()
    kept.set(key, arrangement)
    return arrangement
  }
}
