import type { PeerId } from '@daa-compute/interface'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createHybridSignatureVerifier,
  createHybridSigner,
  createIdentity,
  createSignatureVerifier,
  HYBRID_SIGNATURE_LENGTH,
  type HybridSigner,
  type Identity,
  identityFromSeed,
  issueToken,
  membershipTokens
} from '../src/index.ts'
import {
  decodeHybrid,
  ed25519Statement,
  encodeHybrid,
  type HybridSignature
} from '../src/identity/hybrid-signature.ts'

const message = new TextEncoder().encode('an announcement')

let identity: Identity
let signer: HybridSigner
let stranger: Identity
let strangerSigner: HybridSigner

beforeAll(async () => {
  identity = await identityFromSeed(new Uint8Array(32).fill(3))
  signer = createHybridSigner(identity)
  stranger = await createIdentity()
  strangerSigner = createHybridSigner(stranger)
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
}

describe('a hybrid signature', () => {
  it('is known by peer id alone', async () => {
    expect(signer.peer).toBe(identity.peer)
    const signature = await signer.sign(message)
    expect(signature).toHaveLength(HYBRID_SIGNATURE_LENGTH)
    expect(HYBRID_SIGNATURE_LENGTH).toBe(5326)
    const verifier = createHybridSignatureVerifier()
    expect(await verifier.verify(signer.peer, message, signature)).toBe(true)
    expect(await verifier.verify(signer.peer, message, await signer.sign(message))).toBe(true)
  })

  it('has the same key for the same identity, by every implementation', async () => {
    const again = createHybridSigner(await identityFromSeed(new Uint8Array(32).fill(3)), {
      implementation: 'portable'
    })
    expect(again.mlDsaKey).toEqual(signer.mlDsaKey)
    expect(strangerSigner.mlDsaKey).not.toEqual(signer.mlDsaKey)
    const portable = createHybridSignatureVerifier({ implementation: 'portable' })
    expect(await portable.verify(signer.peer, message, await signer.sign(message))).toBe(true)
    const verifier = createHybridSignatureVerifier()
    expect(await verifier.verify(signer.peer, message, await again.sign(message))).toBe(true)
  })

  it('is good for its peer, its message and whole, or not at all', async () => {
    const verifier = createHybridSignatureVerifier()
    const signature = await signer.sign(message)
    const all: readonly [PeerId, Uint8Array, Uint8Array][] = [
      [stranger.peer, message, signature],
      ['nobody' as PeerId, message, signature],
      [signer.peer, message.subarray(1), signature],
      [signer.peer, message, signature.subarray(1)],
      [signer.peer, message, Uint8Array.of(...signature, 0)],
      [signer.peer, message, new Uint8Array()],
      [signer.peer, message, flipped(signature, 0)], // version
      [signer.peer, message, flipped(signature, 1)], // key
      [signer.peer, message, flipped(signature, 1953)], // Ed25519
      [signer.peer, message, flipped(signature, 2017)], // ML-DSA
      [signer.peer, message, flipped(signature, 5325)]
    ]
    for (const [i, parts] of all.entries()) {
      expect(await verifier.verify(...parts), `${i}`).toBe(false)
    }
    expect(await verifier.verify(signer.peer, message, signature)).toBe(true)
  })

  it('does not pass for a plain one, nor a plain one for it', async () => {
    const plain = await identity.signer.sign(message)
    const verifier = createHybridSignatureVerifier()
    expect(await verifier.verify(signer.peer, message, plain)).toBe(false)
    const parts = decodeHybrid(await signer.sign(message)) as HybridSignature
    const verify = createSignatureVerifier().verify
    expect(await verify(signer.peer, message, parts.ed25519)).toBe(false)
    // one for plain use, put where the hybrid one belongs
    const mixed = encodeHybrid({ ...parts, ed25519: plain })
    expect(await verifier.verify(signer.peer, message, mixed)).toBe(false)
  })

  it('needs both keys', async () => {
    const verifier = createHybridSignatureVerifier()
    const ours = decodeHybrid(await signer.sign(message)) as HybridSignature
    const theirs = decodeHybrid(await strangerSigner.sign(message)) as HybridSignature
    // who has not broken Ed25519 cannot put a key of its own beside our signature
    const pretender = createHybridSigner({ ...stranger, peer: identity.peer })
    const pretended = decodeHybrid(await pretender.sign(message)) as HybridSignature
    const withTheirKey = encodeHybrid({ ...pretended, ed25519: ours.ed25519 })
    expect(await verifier.verify(signer.peer, message, withTheirKey)).toBe(false)
    // who has broken Ed25519 vouches for a key of its own, but has not that of the peer
    const { mlDsaKey, mlDsa } = theirs
    const ed25519 = await identity.signer.sign(ed25519Statement(ours.mlDsaKey, message))
    const withoutTheKey = encodeHybrid({ mlDsaKey: ours.mlDsaKey, ed25519, mlDsa })
    expect(await verifier.verify(signer.peer, message, withoutTheKey)).toBe(false)
    expect(mlDsaKey).not.toEqual(ours.mlDsaKey)
  })

  it('by another key than the one that is known is refused', async () => {
    // what somebody could do who has the scalar of Ed25519, but not the seed
    const thief = createHybridSigner({ ...stranger, peer: identity.peer, signer: identity.signer })
    const forged = await thief.sign(message)
    const good = await signer.sign(message)
    const naive = createHybridSignatureVerifier()
    expect(await naive.verify(signer.peer, message, forged)).toBe(true)
    expect(await naive.verify(signer.peer, message, good)).toBe(false)
    const acquainted = createHybridSignatureVerifier()
    expect(await acquainted.verify(signer.peer, message, good)).toBe(true)
    expect(await acquainted.verify(signer.peer, message, forged)).toBe(false)
    const told = createHybridSignatureVerifier({ keys: [[signer.peer, signer.mlDsaKey]] })
    expect(await told.verify(signer.peer, message, forged)).toBe(false)
    expect(await told.verify(signer.peer, message, good)).toBe(true)
  })

  it('by one of two keys that come at once is refused', async () => {
    const thief = createHybridSigner({ ...stranger, peer: identity.peer, signer: identity.signer })
    const both = [await thief.sign(message), await signer.sign(message)]
    const verifier = createHybridSignatureVerifier()
    const taken = await Promise.all(
      both.map((signature) => verifier.verify(signer.peer, message, signature))
    )
    expect(taken.filter(Boolean)).toHaveLength(1)
  })

  it('is remembered for so many peers, and not for strangers who fail', async () => {
    const verifier = createHybridSignatureVerifier({ maxRemembered: 1 })
    const thief = createHybridSigner({ ...stranger, peer: identity.peer, signer: identity.signer })
    expect(await verifier.verify(signer.peer, message, await signer.sign(message))).toBe(true)
    const forged = await thief.sign(message)
    expect(await verifier.verify(signer.peer, message, flipped(forged, 2000))).toBe(false)
    expect(await verifier.verify(signer.peer, message, forged)).toBe(false)
    const other = await strangerSigner.sign(message)
    expect(await verifier.verify(stranger.peer, message, other)).toBe(true)
    expect(await verifier.verify(signer.peer, message, forged)).toBe(true)
  })

  it('can be that of the owner of a run', async () => {
    const self = 'me' as PeerId
    const now = Date.UTC(2026, 0, 1)
    const token = await issueToken({
      signer,
      run: 'a run',
      peer: self,
      issuedMs: now,
      expiresMs: now + 1000
    })
    const init = { run: 'a run', self, owner: signer.peer, token, wallClock: () => now }
    const admission = await membershipTokens({ ...init, verifier: createHybridSignatureVerifier() })
    expect(admission.token.peer).toBe(self)
    await expect(
      membershipTokens({ ...init, verifier: createSignatureVerifier() })
    ).rejects.toMatchObject({ code: 'TOKEN_REFUSED', detail: { refusal: 'FORGED' } })
  })
})
