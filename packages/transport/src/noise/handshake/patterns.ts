import {
  AEAD_TAG_LENGTH,
  ML_KEM_768_CIPHERTEXT_LENGTH,
  ML_KEM_768_PUBLIC_KEY_LENGTH,
  X25519_KEY_LENGTH
} from '@daa-compute/crypto'

/**
 * What a part of a handshake message does: those of the Noise specification,
 * section 7.1, and those of its extension for hybrid forward secrecy (HFS) with
 * a KEM, `e1` for an ephemeral key to encapsulate to and `ekem1` for the answer.
 */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'e1' | 'ekem1'

/** A handshake: three messages, beginning with the initiator's. */
export interface Pattern {
  /** As it goes into the hash of the handshake: Noise specification, section 8. */
  readonly name: string
  readonly messages: readonly [readonly Token[], readonly Token[], readonly Token[]]
}

/** Noise specification, section 7.5: both ends prove static keys that neither knew before. */
export const XX: Pattern = {
  name: 'Noise_XX_25519_ChaChaPoly_SHA256',
  messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']]
}

/**
 * XX whose keys depend on ML-KEM-768 as well, so that they stay secret unless
 * both it and X25519 are broken: libp2p's draft, https://github.com/libp2p/specs/pull/727.
 */
export const XXhfs: Pattern = {
  name: 'Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256',
  messages: [
    ['e', 'e1'],
    ['e', 'ee', 'ekem1', 's', 'es'],
    ['s', 'se']
  ]
}

/** Bytes each token puts into a message in the clear; tags come on top once there is a key. */
const LENGTHS: Readonly<Record<Token, number>> = {
  e: X25519_KEY_LENGTH,
  s: X25519_KEY_LENGTH,
  e1: ML_KEM_768_PUBLIC_KEY_LENGTH,
  ekem1: ML_KEM_768_CIPHERTEXT_LENGTH,
  ee: 0,
  es: 0,
  se: 0
}

/** Bytes of one of a pattern's messages, 0 to 2, without what its payload adds. */
export function messageLength({ messages }: Pattern, index: number): number {
  let length = 0
  for (const token of messages[index] ?? []) {
    length += LENGTHS[token]
    // both of them are encrypted wherever these patterns have them
    if (token === 's' || token === 'ekem1') length += AEAD_TAG_LENGTH
  }
  // the payload is encrypted from the second message on
  return index === 0 ? length : length + AEAD_TAG_LENGTH
}
