import type { PeerId } from '@daa-compute/interface'
import { MAX_REVOCATIONS, MAX_TOKEN_LIFETIME_MS } from './constants.ts'
import type { Revocation } from './revocation.ts'
import type { MembershipToken } from './token.ts'

interface Entry {
  readonly issuedMs: number
  /** As it was signed, to be passed on. */
  readonly bytes: Uint8Array
}

/**
 * The revocations of a run's owner, the greatest of each peer, as long as tokens may
 * be good that they take back.
 *
 * Of more than {@link MAX_REVOCATIONS} the earliest is forgotten, and in its place
 * all tokens are held void that were issued before it: too many lose their place,
 * never too few.
 */
export class RevocationLedger {
  /** Under `undefined`: of everybody. */
  readonly #entries = new Map<PeerId | undefined, Entry>()
  readonly #limit: number
  #floorMs = -1

  constructor(limit: number = MAX_REVOCATIONS) {
    this.#limit = limit
  }

  /** Whether it says more than what is known already. */
  isNews({ peer, issuedMs }: Revocation): boolean {
    return issuedMs > (this.#entries.get(peer)?.issuedMs ?? this.#floorMs)
  }

  /** Remembers a revocation whose signature was checked. @param nowMs since 1970 */
  add({ peer, issuedMs }: Revocation, bytes: Uint8Array, nowMs: number): void {
    this.#entries.set(peer, { issuedMs, bytes: bytes.slice() })
    if (this.#entries.size <= this.#limit) return
    for (const [other, entry] of this.#entries) {
      if (entry.issuedMs + MAX_TOKEN_LIFETIME_MS < nowMs) this.#entries.delete(other)
    }
    while (this.#entries.size > this.#limit) this.#forgetEarliest()
  }

  /** Whether the owner has taken a token back. */
  isRevoked({ peer, issuedMs }: Pick<MembershipToken, 'peer' | 'issuedMs'>): boolean {
    const everybody = this.#entries.get(undefined)?.issuedMs ?? -1
    const own = this.#entries.get(peer)?.issuedMs ?? -1
    return issuedMs <= Math.max(this.#floorMs, everybody, own)
  }

  /** Those that are remembered, as they were signed. */
  all(): readonly Uint8Array[] {
    return Array.from(this.#entries.values(), ({ bytes }) => bytes)
  }

  get size(): number {
    return this.#entries.size
  }

  #forgetEarliest(): void {
    let earliest: [PeerId | undefined, Entry] | undefined
    for (const entry of this.#entries) {
      if (entry[1].issuedMs < (earliest?.[1].issuedMs ?? Number.POSITIVE_INFINITY)) earliest = entry
    }
    if (earliest === undefined) return
    this.#entries.delete(earliest[0])
    this.#floorMs = Math.max(this.#floorMs, earliest[1].issuedMs)
  }
}
