import { describe, expect, it } from 'vitest'
import {
  createIdentity,
  createSignatureVerifier,
  decodeIdentity,
  encodeIdentity,
  identityFromSeed,
  parsePeerId
} from '../src/index.ts'

const bytes = new TextEncoder().encode('an announcement')

function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

describe('identity', () => {
  it('is the same for the same seed, on every machine', async () => {
    const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
    const identity = await identityFromSeed(seed)
    // the public key other Ed25519 libraries give for this seed
    expect(hex(identity.privateKey.publicKey.raw)).toBe(
      '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'
    )
    expect(identity.peer).toBe('12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB')
    expect(identity.signer.peer).toBe(identity.peer)
    expect((await identityFromSeed(seed)).peer).toBe(identity.peer)
  })

  it('signs the same bytes as its key does', async () => {
    const { privateKey, signer } = await identityFromSeed(new Uint8Array(32).fill(9))
    expect(hex(await signer.sign(bytes))).toBe(hex(await privateKey.sign(bytes)))
  })

  it.each([0, 31, 33])('refuses a seed of %i bytes', async (length) => {
    await expect(identityFromSeed(new Uint8Array(length))).rejects.toMatchObject({
      name: 'IdentityError',
      code: 'BAD_SEED',
      detail: { length }
    })
  })

  it('is another one each time it is created', async () => {
    const [a, b] = await Promise.all([createIdentity(), createIdentity()])
    expect(a.peer).not.toBe(b.peer)
  })

  it('is known by its peer id', async () => {
    const { peer } = await createIdentity()
    expect(parsePeerId(`${peer}\n`)).toBe(peer)
    const rsa = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'
    for (const text of ['', 'alice', peer.slice(0, -1), `${peer}x`, rsa]) {
      expect(parsePeerId(text), text).toBeUndefined()
    }
  })

  it('survives being stored', async () => {
    const identity = await createIdentity()
    const restored = decodeIdentity(encodeIdentity(identity))
    expect(restored?.peer).toBe(identity.peer)
    expect(decodeIdentity(new Uint8Array(0))).toBeUndefined()
    expect(decodeIdentity(new Uint8Array(68).fill(3))).toBeUndefined()
    expect(decodeIdentity(encodeIdentity(identity).subarray(0, 40))).toBeUndefined()
  })
})

describe('signature verifier', () => {
  const verifier = createSignatureVerifier()

  it('knows what a peer has signed', async () => {
    const { peer, signer } = await createIdentity()
    const signature = await signer.sign(bytes)
    expect(await verifier.verify(peer, bytes, signature)).toBe(true)
  })

  it('resolves with false for everything else', async () => {
    const [{ peer, signer }, other] = await Promise.all([createIdentity(), createIdentity()])
    const signature = await signer.sign(bytes)
    const changed = signature.slice()
    changed[10] = (changed[10] ?? 0) ^ 1
    const rsa = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N' as typeof peer
    const results = await Promise.all([
      verifier.verify(other.peer, bytes, signature),
      verifier.verify(peer, bytes.subarray(1), signature),
      verifier.verify(peer, bytes, changed),
      verifier.verify(peer, bytes, new Uint8Array(0)),
      verifier.verify(peer, bytes, new Uint8Array(65)),
      verifier.verify('not-a-peer-id' as typeof peer, bytes, signature),
      verifier.verify(rsa, bytes, signature)
    ])
    expect(results).toEqual(results.map(() => false))
  })
})
