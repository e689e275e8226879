/**
 * A binary heap of small integers by a number each; equal keys come out smallest
 * integer first, so that the order never depends on that of insertion.
 */
export class Heap {
  readonly #keys: number[] = []
  readonly #items: number[] = []

  push(key: number, item: number): void {
    const keys = this.#keys
    const items = this.#items
    let at = items.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = keys[parent] ?? 0
      if (above < key || (above === key && (items[parent] ?? 0) < item)) break
      keys[at] = above
      items[at] = items[parent] ?? 0
      at = parent
    }
    keys[at] = key
    items[at] = item
  }

  /** Takes the item with the smallest key; -1 when there is none. */
  pop(): number {
    const keys = this.#keys
    const items = this.#items
    const top = items[0]
    const key = keys.pop()
    const item = items.pop()
    if (top === undefined || key === undefined || item === undefined) return -1
    const length = items.length
    if (length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && this.#isBefore(child + 1, child)) child++
      const below = keys[child] ?? 0
      if (key < below || (key === below && item < (items[child] ?? 0))) break
      keys[at] = below
      items[at] = items[child] ?? 0
      at = child
    }
    keys[at] = key
    items[at] = item
    return top
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#keys[a] ?? 0, this.#keys[b] ?? 0]
    return x < y || (x === y && (this.#items[a] ?? 0) < (this.#items[b] ?? 0))
  }
}
