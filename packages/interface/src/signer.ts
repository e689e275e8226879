import type { PeerId } from './peer-id.ts'

/** Signs as one peer. */
export interface Signer {
  readonly peer: PeerId
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** Checks what a peer has signed. */
export interface SignatureVerifier {
  /** Never throws for a bad signature or key: it resolves with `false`. */
  verify(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}
