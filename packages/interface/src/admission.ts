import type { AbortOptions } from './abort.ts'
import type { PeerId } from './peer-id.ts'

/**
 * Why a peer is not let in, for programs:
 *
 * - `MISSING`: it showed no credential, and one is needed
 * - `MALFORMED`: what it sent is no credential, or breaks the protocol
 * - `NOT_LISTED`: it is not on the list
 * - `WRONG_KEY`: it does not hold the pre-shared key
 * - `FORGED`: the signature is not that of the run's owner
 * - `OTHER_RUN`, `OTHER_PEER`: the credential is somebody's, but not for this run or this peer
 * - `EXPIRED`, `NOT_YET_VALID`: by the clock of who refuses
 * - `REVOKED`: the owner has taken it back
 * - `ROLE`: its role has no part in this
 * - `TIMEOUT`: it said nothing in time
 * - `BUSY`: too many ask at once; it may try again
 * - `VERSION`: the two ends have no version of the protocol in common
 * - `OTHER`: something else, which the reason says
 */
export type RefusalCode =
  | 'MISSING'
  | 'MALFORMED'
  | 'NOT_LISTED'
  | 'WRONG_KEY'
  | 'FORGED'
  | 'OTHER_RUN'
  | 'OTHER_PEER'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'REVOKED'
  | 'ROLE'
  | 'TIMEOUT'
  | 'BUSY'
  | 'VERSION'
  | 'OTHER'

/** A peer is not let in, and is told so. */
export interface Refusal {
  readonly admitted: false
  readonly code: RefusalCode
  /** For a person at the refused end: what is wrong and what to do about it. Cut after 128 characters. */
  readonly reason: string
}

/** Whether a peer may take part in a run. */
export type AdmissionDecision =
  | {
      readonly admitted: true
      /** As what, where roles are told apart. */
      readonly role?: string | undefined
      /** For how long, in ms. Default: until it is revoked */
      readonly forMs?: number | undefined
    }
  | Refusal

/** Two peers that are about to work together in a run, as one of them sees it. */
export interface Introduction {
  readonly run: string
  readonly self: PeerId
  /** Who is at the other end, as authenticated by the transport. */
  readonly peer: PeerId
  /**
   * Random bytes of both ends, drawn for this introduction and the same at both;
   * empty unless `asks` is `proof`.
   */
  readonly challenge: Uint8Array
}

/**
 * Decides who may take part in a run, and says what this peer has to show to
 * others. All peers of a run use the same kind.
 */
export interface Admission {
  /**
   * What it asks of a peer:
   *
   * - `nothing`: the peer id decides; `admit` gets an empty credential
   * - `credential`: bytes that name the peer, the same each time
   * - `proof`: bytes that answer the challenge of this introduction
   */
  readonly asks: 'nothing' | 'credential' | 'proof'

  /** What this peer shows to the other one. Called only where the other one asks for something. */
  present(introduction: Introduction, options?: AbortOptions): Promise<Uint8Array>

  /**
   * Decides about the other peer. A rejection of the promise is a refusal, too.
   *
   * @param credential what the peer presented, empty if nothing; hostile
   */
  admit(
    introduction: Introduction,
    credential: Uint8Array,
    options?: AbortOptions
  ): Promise<AdmissionDecision>

  /**
   * Calls back when a peer is in no more that may have been let in before; without
   * a peer when that may be true of anybody.
   *
   * @returns a function that ends the watch
   */
  onRevoked?(handler: (peer: PeerId | undefined) => void): () => void
}
