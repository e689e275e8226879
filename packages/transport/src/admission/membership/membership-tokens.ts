import {
  type AdmissionDecision,
  createEmitter,
  type Introduction,
  type PeerId,
  type SignatureVerifier
} from '@daa-compute/interface'
import { AdmissionError } from '../../errors.ts'
import { createSignatureVerifier } from '../../identity/identity.ts'
import { refusal } from '../refusal.ts'
import { DEFAULT_CLOCK_SKEW_MS, DEFAULT_ROLE, MAX_CLOCK_SKEW_MS } from './constants.ts'
import type { MembershipAdmission, MembershipInit } from './membership-admission.ts'
import { parseRevocation, revocationBytes } from './revocation.ts'
import { RevocationLedger } from './revocation-ledger.ts'
import { isSignedBy } from './signed-text.ts'
import { badStatement, type MembershipToken, parseToken, tokenBytes } from './token.ts'

/**
 * Lets those peers in that show a token: signed by the run's owner, for this run and
 * for this peer, not expired, not revoked, in one of the roles.
 *
 * @throws {AdmissionError} `TOKEN_REFUSED` when one's own token would not be let in,
 * `BAD_STATEMENT` for a text that is none
 * @throws {RangeError} for a clock skew out of range
 */
export async function membershipTokens(init: MembershipInit): Promise<MembershipAdmission> {
  const skewMs = init.clockSkewMs ?? DEFAULT_CLOCK_SKEW_MS
  if (!(skewMs >= 0 && skewMs <= MAX_CLOCK_SKEW_MS)) {
    throw new RangeError(`a clock skew is 0 to ${MAX_CLOCK_SKEW_MS} ms, not ${skewMs}`)
  }
  const members = new Membership(init, skewMs)
  for (const revocation of init.revocations ?? []) await members.revoke(revocation)
  await members.renew(init.token)
  return members
}

class Membership implements MembershipAdmission {
  readonly asks = 'credential'
  readonly owner: PeerId
  readonly #init: MembershipInit
  readonly #skewMs: number
  readonly #verifier: SignatureVerifier
  readonly #wallClock: () => number
  readonly #roles: ReadonlySet<string>
  readonly #ledger = new RevocationLedger()
  readonly #events = createEmitter<{ revoked: PeerId | undefined }>()
  #own: { readonly bytes: Uint8Array; readonly token: MembershipToken } | undefined

  constructor(init: MembershipInit, skewMs: number) {
    this.#init = init
    this.#skewMs = skewMs
    this.#verifier = init.verifier ?? createSignatureVerifier()
    this.#wallClock = init.wallClock ?? Date.now
    this.owner = init.owner
    this.#roles = new Set(init.roles ?? [DEFAULT_ROLE])
  }

  get token(): MembershipToken {
    if (this.#own === undefined) throw badStatement('token', 'there is none yet')
    return this.#own.token
  }

  async renew(text: string): Promise<void> {
    const bytes = tokenBytes(text)
    const { run, self } = this.#init
    const parsed = parseToken(bytes)
    const decision = await this.#decide({ run, peer: self }, bytes)
    if (!decision.admitted || parsed === undefined) {
      const { code, reason } = decision.admitted
        ? refusal('MALFORMED', 'it cannot be read: copy all of it')
        : decision
      throw new AdmissionError(
        'TOKEN_REFUSED',
        `this peer's token would not be let in (${code}): ${reason}`,
        { refusal: code, reason }
      )
    }
    this.#own = { bytes, token: parsed.token }
  }

  async present(): Promise<Uint8Array> {
    return this.#own?.bytes ?? new Uint8Array()
  }

  admit(introduction: Introduction, credential: Uint8Array): Promise<AdmissionDecision> {
    return this.#decide(introduction, credential)
  }

  onRevoked(handler: (peer: PeerId | undefined) => void): () => void {
    return this.#events.on('revoked', handler)
  }

  isNews(bytes: Uint8Array): boolean {
    const { owner, run } = this.#init
    const parsed = parseRevocation(bytes)
    if (parsed === undefined) throw badStatement('revocation', 'it cannot be read: copy all of it')
    const { revocation } = parsed
    return revocation.owner === owner && revocation.run === run && this.#ledger.isNews(revocation)
  }

  async revoke(text: string | Uint8Array): Promise<boolean> {
    const bytes = typeof text === 'string' ? revocationBytes(text) : text
    const { owner, run } = this.#init
    const parsed = parseRevocation(bytes)
    if (parsed === undefined) throw badStatement('revocation', 'it cannot be read: copy all of it')
    const { revocation } = parsed
    if (revocation.owner !== owner) throw badStatement('revocation', `its owner is not ${owner}`)
    if (revocation.run !== run)
      throw badStatement('revocation', `it is for the run ${revocation.run}`)
    if (!this.#ledger.isNews(revocation)) return false
    if (!(await isSignedBy(this.#verifier, owner, parsed))) {
      throw badStatement('revocation', 'its signature is not that of the owner')
    }
    // another call may have been faster
    if (!this.#ledger.isNews(revocation)) return false
    this.#ledger.add(revocation, bytes, this.#wallClock())
    this.#events.emit('revoked', revocation.peer)
    return true
  }

  revocations(): readonly Uint8Array[] {
    return this.#ledger.all()
  }

  async #decide(
    { run, peer }: Pick<Introduction, 'run' | 'peer'>,
    credential: Uint8Array
  ): Promise<AdmissionDecision> {
    if (credential.length === 0) {
      return refusal('MISSING', `it needs a membership token of ${this.owner}: ask for one`)
    }
    const parsed = parseToken(credential)
    if (parsed === undefined)
      return refusal('MALFORMED', 'its membership token cannot be read: copy all of it')
    const { token } = parsed
    if (token.owner !== this.owner) {
      return refusal('FORGED', `its token is not by ${this.owner}, who owns the run`)
    }
    if (token.run !== run) return refusal('OTHER_RUN', 'its token is for another run')
    if (token.peer !== peer) return refusal('OTHER_PEER', `its token is for the peer ${token.peer}`)
    if (!this.#roles.has(token.role)) {
      const roles = [...this.#roles].join(' or ')
      return refusal('ROLE', `its role is ${token.role}, and it takes ${roles} to take part`)
    }
    const nowMs = this.#wallClock()
    if (token.issuedMs > nowMs + this.#skewMs) {
      return refusal('NOT_YET_VALID', 'its token was issued in the future: compare the clocks')
    }
    const forMs = token.expiresMs + this.#skewMs - nowMs
    if (forMs <= 0) {
      const since = new Date(token.expiresMs).toISOString()
      return refusal('EXPIRED', `its token has expired at ${since}: ask the owner for another`)
    }
    if (this.#ledger.isRevoked(token)) return REVOKED
    if (!(await isSignedBy(this.#verifier, this.owner, parsed))) {
      return refusal('FORGED', `its token does not carry the signature of ${this.owner}`)
    }
    // a revocation may have come meanwhile
    if (this.#ledger.isRevoked(token)) return REVOKED
    return { admitted: true, role: token.role, forMs }
  }
}

const REVOKED = refusal('REVOKED', "the run's owner has revoked its token: ask for another")
