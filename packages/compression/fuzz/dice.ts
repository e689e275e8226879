/** Choices that look random and are the same for the same seed, everywhere. */
export interface Dice {
  /** An integer of 0 to `limit` - 1. */
  below(limit: number): number
  /** Whether something of this probability happens. */
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** An integer that readers may trip over: edges, powers of two and their neighbours, anything. */
  awkward(): number
  bytes(length: number): Uint8Array
}

/** Dice of the case with this number, so that each case can be played alone. */
export function diceOf(seed: number, index: number): Dice {
  // two rounds of murmur3's finalizer keep neighbours apart
  let state = mix(mix(seed | 0) ^ Math.imul(index, 0x9e37_79b1))
  const next = (): number => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit)
  return {
    below,
    chance: (probability) => next() / 2 ** 32 < probability,
    pick: (items) => items[below(items.length)]!,
    awkward() {
      switch (below(4)) {
        case 0:
          return EDGES[below(EDGES.length)]!
        case 1:
          return (2 ** below(32) + below(3) - 1) >>> 0
        case 2:
          return below(300)
        default:
          return next()
      }
    },
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff)
  }
}

const EDGES = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xf_ffff, 0x10_0000, 0x10_0001, 0x7f7f_ffff,
  0x7f80_0000, 0x7fc0_0000, 0x7fff_ffff, 0x8000_0000, 0xff80_0000, 0xffff_fffe, 0xffff_ffff
]

function mix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return mixed ^ (mixed >>> 16)
}
