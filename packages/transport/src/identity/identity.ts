import { peerId } from '@daa-compute/interface'
import {
  generateKeyPair,
  generateKeyPairFromSeed,
  privateKeyFromProtobuf,
  privateKeyToProtobuf
} from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import type { PeerId, SignatureVerifier, Signer } from '@daa-compute/interface'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { ed25519Signing } from '#ed25519'
import { IdentityError } from '../errors.ts'

/** Who a node is: an Ed25519 key pair and the peer id that names its public key. */
export interface Identity {
  readonly peer: PeerId
  /** To be given to `createLibp2p` as `privateKey`. */
  readonly privateKey: Ed25519PrivateKey
  /** Signs with that key. */
  readonly signer: Signer
}

/** Length of the seed of an identity, in bytes (RFC 8032). */
export const SEED_LENGTH = 32

/** Makes a new identity from the platform's randomness. */
export async function createIdentity(): Promise<Identity> {
  return identityOf(await generateKeyPair('Ed25519'))
}

/**
 * The identity that belongs to a seed: the same on every machine.
 *
 * @param seed 32 bytes, as secret as a private key
 * @throws {IdentityError} `BAD_SEED`
 */
export async function identityFromSeed(seed: Uint8Array): Promise<Identity> {
  if (seed.byteLength !== SEED_LENGTH) {
    throw new IdentityError(
      'BAD_SEED',
      `the seed of an identity is ${SEED_LENGTH} bytes, got ${seed.byteLength}`,
      { length: seed.byteLength }
    )
  }
  return identityOf(await generateKeyPairFromSeed('Ed25519', seed))
}

/**
 * The bytes an identity is stored as: libp2p's own form of a private key, which
 * other implementations read too.
 */
export function encodeIdentity(identity: Identity): Uint8Array {
  return privateKeyToProtobuf(identity.privateKey)
}

/** The identity that was stored as these bytes, or `undefined` if they are not an Ed25519 key. */
export function decodeIdentity(bytes: Uint8Array): Identity | undefined {
  try {
    const key = privateKeyFromProtobuf(bytes)
    return key.type === 'Ed25519' ? identityOf(key) : undefined
  } catch {
    return undefined
  }
}

/**
 * The peer that a text names, if it is the id of one whose key is an Ed25519 key, as
 * those of this package's identities are.
 */
export function parsePeerId(text: string): PeerId | undefined {
  try {
    const id = peerIdFromString(text.trim())
    return id.type === 'Ed25519' ? peerId(id.toString()) : undefined
  } catch {
    return undefined
  }
}

/**
 * Checks signatures by peers whose id holds their Ed25519 public key, as those
 * of this package's identities do.
 */
export function createSignatureVerifier(): SignatureVerifier {
  return {
    async verify(peer, bytes, signature) {
      try {
        const id = peerIdFromString(peer)
        return id.type === 'Ed25519' && (await id.publicKey.verify(bytes, signature))
      } catch {
        return false
      }
    }
  }
}

function identityOf(privateKey: Ed25519PrivateKey): Identity {
  const peer = peerId(peerIdFromPrivateKey(privateKey).toString())
  const signer: Signer = { peer, sign: ed25519Signing(privateKey) }
  return { peer, privateKey, signer }
}
