import type { PeerId, SignatureVerifier, Signer } from '@daa-compute/interface'
import { quickHasher } from './quick-hasher.ts'

const encoder = new TextEncoder()
const names = new Map<PeerId, Uint8Array>()

/**
 * Signs for simulations: a hash of the peer's name and the bytes. Nobody in a
 * scenario forges signatures; what matters is that altered bytes do not pass.
 */
export function createQuickSigner(peer: PeerId): Signer {
  return { peer, sign: async (bytes) => signatureOf(peer, bytes) }
}

/** Checks what {@link createQuickSigner} signs. */
export const quickVerifier: SignatureVerifier = {
  async verify(peer, bytes, signature) {
    const expected = signatureOf(peer, bytes)
    if (signature.length !== expected.length) return false
    for (let i = 0; i < expected.length; i++) if (expected[i] !== signature[i]) return false
    return true
  }
}

function signatureOf(peer: PeerId, bytes: Uint8Array): Uint8Array {
  const hash = quickHasher.create()
  const name = names.get(peer) ?? encoder.encode(peer)
  names.set(peer, name)
  hash.update(name)
  hash.update(bytes)
  return hash.digest()
}
