import type { Admission, PeerId, SignatureVerifier } from '@daa-compute/interface'
import type { MembershipToken } from './token.ts'

/** What {@link membershipTokens} takes. */
export interface MembershipInit {
  readonly run: string
  /** The peer that this is. */
  readonly self: PeerId
  /** Whose signature lets a peer in; how the run is known to all who belong to it. */
  readonly owner: PeerId
  /** This peer's token, in text. */
  readonly token: string
  /** Which roles are let in. Default: `trainer` */
  readonly roles?: readonly string[] | undefined
  /** Revocations known from the start, in text. More come by broadcast. Default: none */
  readonly revocations?: readonly string[] | undefined
  /** Default: that of Ed25519, which the command `daa-token` signs with */
  readonly verifier?: SignatureVerifier | undefined
  /** ms since 1970. Default: the system's */
  readonly wallClock?: (() => number) | undefined
  /** How far clocks may be apart, in ms, at most 600,000. Default 60,000 */
  readonly clockSkewMs?: number | undefined
}

/** An admission by tokens of the run's owner. */
export interface MembershipAdmission extends Admission {
  readonly owner: PeerId
  /** What this peer's token says. */
  readonly token: MembershipToken

  /**
   * Replaces this peer's token, before it expires.
   *
   * @throws {AdmissionError} `BAD_STATEMENT`, `TOKEN_REFUSED`
   */
  renew(token: string): Promise<void>

  /**
   * Takes in a revocation: peers that it concerns are thrown out.
   *
   * @returns whether it was new
   * @throws {AdmissionError} `BAD_STATEMENT`, also for one of another owner or run,
   * or that is not signed by the owner
   */
  revoke(revocation: string | Uint8Array): Promise<boolean>

  /** Whether a revocation, as it is signed, would be new; without checking its signature. */
  isNews(revocation: Uint8Array): boolean

  /** All revocations that count, as they were signed. */
  revocations(): readonly Uint8Array[]
}
