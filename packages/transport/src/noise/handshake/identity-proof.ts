import { publicKeyFromProtobuf } from '@libp2p/crypto/keys'
import type { PeerId, PrivateKey, PublicKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { badPayload, HandshakeError } from './errors.ts'
import type { HandshakePayload } from './payload.ts'

/** In front of the static key in what an identity signs: libp2p's Noise specification. */
const PREFIX = new TextEncoder().encode('noise-libp2p-static-key:')

/** Signs that a static key of Noise is that of an identity. */
export async function proveStaticKey(
  identity: PrivateKey,
  staticKey: Uint8Array
): Promise<Uint8Array> {
  return identity.sign(signed(staticKey))
}

/**
 * Finds out who has proved to hold a static key.
 *
 * @param expected the peer that was dialled, if one was
 * @throws HandshakeError `BAD_PAYLOAD`, `PEER_MISMATCH` or `BAD_SIGNATURE`
 */
export async function verifyStaticKey(
  { identityKey, identitySignature }: HandshakePayload,
  staticKey: Uint8Array,
  expected: PeerId | undefined
): Promise<PeerId> {
  const { publicKey, peer } = readIdentity(identityKey)
  const name = peer.toString()
  if (expected !== undefined && !expected.equals(peer)) {
    const dialled = expected.toString()
    throw new HandshakeError(
      'PEER_MISMATCH',
      `dialled ${dialled}, but ${name} answered; the address is out of date, or somebody pretends`,
      { expected: dialled, actual: name }
    )
  }
  if (!(await verifies(publicKey, signed(staticKey), identitySignature))) {
    throw new HandshakeError(
      'BAD_SIGNATURE',
      `the remote says that it is ${name} and cannot prove it; do not trust the address it was found by`,
      { peer: name }
    )
  }
  return peer
}

function readIdentity(bytes: Uint8Array): { readonly publicKey: PublicKey; readonly peer: PeerId } {
  try {
    const publicKey = publicKeyFromProtobuf(bytes)
    // not every kind of key is one that peers have
    return { publicKey, peer: peerIdFromPublicKey(publicKey) }
  } catch (cause) {
    throw badPayload(cause)
  }
}

/** A signature of a wrong length makes some implementations throw. */
async function verifies(key: PublicKey, message: Uint8Array, sig: Uint8Array): Promise<boolean> {
  try {
    return await key.verify(message, sig)
  } catch {
    return false
  }
}

function signed(staticKey: Uint8Array): Uint8Array {
  const whole = new Uint8Array(PREFIX.length + staticKey.length)
  whole.set(PREFIX)
  whole.set(staticKey, PREFIX.length)
  return whole
}
