/** Members tried in all places of one group: enough for any group of 8. */
const MAX_STEPS = 20_000

/** Largest group in which members are swapped. */
const MAX_SWAPPED = 64

/** Two positions in a group between which an algorithm sends. */
export type Pair = readonly [number, number]

/**
 * Puts members in an order in which the algorithm never uses a link that is
 * broken; where there is none, leaves out a member with the most broken links and
 * tries again. So a link is given up before either of its ends.
 *
 * @param members in the order to keep as far as possible
 * @param isBroken whether nothing can be sent between two of them
 * @param pairsOf the pairs of ranks that the algorithm uses in a group
 */
export function arrange<T>(
  members: readonly T[],
  isBroken: (a: T, b: T) => boolean,
  pairsOf: (members: readonly T[]) => readonly Pair[]
): readonly T[] {
  let group = members
  while (group.length > 1) {
    const pairs = pairsOf(group)
    const order = reorder(group, isBroken, pairs) ?? search(group, isBroken, pairs)
    if (order !== undefined) return order
    group = withoutWorst(group, isBroken)
  }
  return group
}

/** Swaps members as long as that leaves fewer broken links in use; `undefined` if some stay. */
function reorder<T>(
  members: readonly T[],
  isBroken: (a: T, b: T) => boolean,
  pairs: readonly Pair[]
): readonly T[] | undefined {
  const order = [...members]
  const broken = (): number => {
    let count = 0
    for (const [i, j] of pairs) if (isBroken(order[i] as T, order[j] as T)) count++
    return count
  }
  const swap = (i: number, j: number): void => {
    const kept = order[i] as T
    order[i] = order[j] as T
    order[j] = kept
  }
  let left = broken()
  // each round of swaps costs the third power of the size
  let better = members.length <= MAX_SWAPPED
  while (left > 0 && better) {
    better = false
    for (let i = 0; i < order.length && left > 0; i++) {
      for (let j = i + 1; j < order.length && left > 0; j++) {
        swap(i, j)
        const now = broken()
        if (now < left) {
          left = now
          better = true
        } else swap(i, j)
      }
    }
  }
  return left === 0 ? order : undefined
}

/**
 * Puts one member behind the other where no broken link is used, and takes back
 * what leads nowhere; `undefined` when there is no such order, or none was found
 * within {@link MAX_STEPS}.
 */
function search<T>(
  members: readonly T[],
  isBroken: (a: T, b: T) => boolean,
  pairs: readonly Pair[]
): readonly T[] | undefined {
  const partners = members.map((): number[] => [])
  for (const [i, j] of pairs) partners[Math.max(i, j)]?.push(Math.min(i, j))
  const order: T[] = []
  const left = new Set(members)
  let steps = 0
  const place = (): boolean => {
    const own = members[order.length] as T
    if (left.size === 0) return true
    const fits = partners[order.length] ?? []
    // whose place it was comes first
    for (let i = -1; i < members.length; i++) {
      const member = i === -1 ? own : (members[i] as T)
      if (i !== -1 && member === own) continue
      if (!left.has(member) || steps++ > MAX_STEPS) continue
      if (fits.some((position) => isBroken(order[position] as T, member))) continue
      left.delete(member)
      order.push(member)
      if (place()) return true
      order.pop()
      left.add(member)
    }
    return false
  }
  return place() ? order : undefined
}

/** Of equals the last goes: everybody has to come to the same group. */
function withoutWorst<T>(members: readonly T[], isBroken: (a: T, b: T) => boolean): readonly T[] {
  const brokenLinks = (member: T): number =>
    members.filter((other) => other !== member && isBroken(member, other)).length
  let worst = 0
  for (const [index, member] of members.entries()) {
    if (brokenLinks(member) >= brokenLinks(members[worst] as T)) worst = index
  }
  return members.filter((_, index) => index !== worst)
}
