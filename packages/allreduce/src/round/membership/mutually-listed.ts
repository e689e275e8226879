import type { PeerId } from '@daa-compute/interface'

/**
 * Leaves out of `members` those whom not everybody can reach, judging by what
 * each member last listed: while two are not in each other's lists, the member
 * with most such gaps goes, among equals the highest id. Everybody who has the
 * same lists comes to the same result.
 */
export function mutuallyListed(
  members: readonly PeerId[],
  lists: ReadonlyMap<PeerId, readonly PeerId[]>
): PeerId[] {
  const left = new Set(members)
  const knows = (a: PeerId, b: PeerId): boolean => lists.get(a)?.includes(b) ?? true
  for (;;) {
    let worst: PeerId | undefined
    let most = 0
    for (const a of left) {
      let gaps = 0
      for (const b of left) if (a !== b && !(knows(a, b) && knows(b, a))) gaps++
      if (gaps > most || (gaps === most && gaps > 0 && worst !== undefined && a > worst)) {
        worst = a
        most = gaps
      }
    }
    if (worst === undefined) return [...left]
    left.delete(worst)
  }
}
