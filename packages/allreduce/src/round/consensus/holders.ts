import { toHex } from '../wire/digest.ts'

/** Who holds a result of one attempt, whatever it is. */
export class Holders {
  /** Ranks, by the result's digest in hexadecimal. */
  readonly #ranks = new Map<string, Set<number>>()

  note(rank: number, digest: Uint8Array): void {
    const key = toHex(digest)
    const ranks = this.#ranks.get(key) ?? new Set()
    this.#ranks.set(key, ranks.add(rank))
  }

  of(digest: Uint8Array): ReadonlySet<number> {
    return this.#ranks.get(toHex(digest)) ?? new Set()
  }
}
