import { describe, expect, it } from 'vitest'

import { createPrimitives, CryptoError, systemRandomBytes } from '../src/index.ts'

const portable = createPrimitives({ implementation: 'portable' })
const best = createPrimitives()

/** As a Buffer of Node, whose `slice` makes no copy. */
class Shared extends Uint8Array {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer).subarray(start, end)
  }
}

const refused = (code: string): unknown => expect.objectContaining({ name: 'CryptoError', code })

describe.each([
  ['what the platform has best', best],
  ['in WebAssembly', createPrimitives({ implementation: 'wasm' })],
  ['portable', portable]
])('%s', (_, { x25519, mlKem768, chaCha20Poly1305, sha256, hkdf }) => {
  it('agrees with the portable one on shared secrets of X25519, both ways', () => {
    const mine = x25519.createKeyPair()
    const theirs = portable.x25519.createKeyPair()
    expect(mine.publicKey).toHaveLength(32)
    expect([...mine.agree(theirs.publicKey)]).toEqual([...theirs.agree(mine.publicKey)])
  })

  it('derives the same public key of a secret key', () => {
    const secretKey = systemRandomBytes(32)
    expect([...x25519.importKeyPair(secretKey).publicKey]).toEqual([
      ...portable.x25519.importKeyPair(secretKey).publicKey
    ])
  })

  it.each([
    ['zero', 0],
    ['one', 1]
  ])('refuses the public key %s, which has a low order', (_name, first) => {
    const key = new Uint8Array(32)
    key[0] = first
    expect(() => x25519.createKeyPair().agree(key)).toThrow(refused('BAD_PUBLIC_KEY'))
  })

  it.each([0, 31, 33])('refuses keys of X25519 of %i bytes', (length) => {
    expect(() => x25519.createKeyPair().agree(new Uint8Array(length))).toThrow(
      refused('BAD_LENGTH')
    )
    expect(() => x25519.importKeyPair(new Uint8Array(length))).toThrow(refused('BAD_LENGTH'))
  })

  it('keeps a secret key whose memory is used for something else, a Buffer too', () => {
    const secretKey = new Shared(systemRandomBytes(32))
    const keyPair = x25519.importKeyPair(secretKey)
    const theirs = x25519.createKeyPair()
    const before = keyPair.agree(theirs.publicKey)
    secretKey.fill(1)
    expect([...keyPair.agree(theirs.publicKey)]).toEqual([...before])
  })

  it.each([
    [31, 12],
    [33, 12],
    [32, 11],
    [32, 24]
  ])('seals and opens nothing with a key of %i and a nonce of %i bytes', (key, nonce) => {
    for (const work of [chaCha20Poly1305.seal, chaCha20Poly1305.open]) {
      const [data, text] = [new Uint8Array(3), new Uint8Array(40)]
      expect(() => work(new Uint8Array(key), new Uint8Array(nonce), data, text)).toThrow(
        refused('BAD_LENGTH')
      )
    }
  })

  it('shares secrets of ML-KEM-768 with the portable one, both ways', () => {
    for (const [one, other] of [
      [mlKem768, portable.mlKem768],
      [portable.mlKem768, mlKem768]
    ] as const) {
      const keyPair = one.createKeyPair()
      const { ciphertext, sharedSecret } = other.encapsulate(keyPair.publicKey)
      expect([keyPair.publicKey.length, ciphertext.length]).toEqual([1184, 1088])
      expect([...keyPair.decapsulate(ciphertext)]).toEqual([...sharedSecret])
    }
  })

  it('gives another secret for an altered ciphertext', () => {
    const keyPair = mlKem768.createKeyPair()
    const { ciphertext, sharedSecret } = mlKem768.encapsulate(keyPair.publicKey)
    const altered = Uint8Array.from(ciphertext, (byte, i) => (i === 500 ? byte ^ 4 : byte))
    const secret = keyPair.decapsulate(altered)
    expect(secret).toHaveLength(32)
    expect([...secret]).not.toEqual([...sharedSecret])
  })

  it('refuses a public key of ML-KEM-768 whose coefficients are not reduced', () => {
    const key = mlKem768.createKeyPair().publicKey.slice().fill(0xff, 0, 3)
    expect(() => mlKem768.encapsulate(key)).toThrow(refused('BAD_PUBLIC_KEY'))
  })

  it('refuses keys and ciphertexts of ML-KEM-768 that are too short or too long', () => {
    const keyPair = mlKem768.createKeyPair()
    for (const change of [-1, 1]) {
      expect(() => mlKem768.encapsulate(new Uint8Array(1184 + change))).toThrow(
        refused('BAD_LENGTH')
      )
      expect(() => keyPair.decapsulate(new Uint8Array(1088 + change))).toThrow(
        refused('BAD_LENGTH')
      )
    }
  })

  it('seals what the portable one opens, and the other way round', () => {
    const [key, nonce, data] = [32, 12, 32].map(systemRandomBytes) as [
      Uint8Array,
      Uint8Array,
      Uint8Array
    ]
    for (const length of [0, 1, 1088]) {
      const plaintext = systemRandomBytes(length)
      const sealed = chaCha20Poly1305.seal(key, nonce, data, plaintext)
      expect([...sealed]).toEqual([...portable.chaCha20Poly1305.seal(key, nonce, data, plaintext)])
      expect([...chaCha20Poly1305.open(key, nonce, data, sealed)]).toEqual([...plaintext])
    }
  })

  it('opens nothing that was altered, cut off, or sealed for something else', () => {
    const [key, nonce] = [systemRandomBytes(32), new Uint8Array(12)]
    const sealed = chaCha20Poly1305.seal(key, nonce, Uint8Array.of(1), Uint8Array.of(1, 2, 3))
    const open = (bytes: Uint8Array, data = 1) =>
      chaCha20Poly1305.open(key, nonce, Uint8Array.of(data), bytes)
    for (let i = 0; i < sealed.length; i++) {
      const altered = sealed.slice()
      altered[i] = (altered[i] ?? 0) ^ 0x80
      expect(() => open(altered)).toThrow(refused('NOT_AUTHENTIC'))
      expect(() => open(sealed.subarray(0, i))).toThrow(refused('NOT_AUTHENTIC'))
    }
    expect(() => open(sealed, 2)).toThrow(refused('NOT_AUTHENTIC'))
    expect(() => open(sealed.subarray(1))).toThrow(CryptoError)
  })

  it('hashes and derives as the portable one does', () => {
    const parts = [0, 1, 64, 1184].map(systemRandomBytes)
    const salt = systemRandomBytes(32)
    expect([...sha256(...parts)]).toEqual([...portable.sha256(...parts)])
    for (const length of [0, 32]) {
      const material = systemRandomBytes(length)
      expect(hkdf(salt, material).map((key) => [...key])).toEqual(
        portable.hkdf(salt, material).map((key) => [...key])
      )
    }
  })
})

it.each(['wasm', 'portable'] as const)('has nothing native when asked for %s', (wanted) => {
  const { x25519, mlKem768, chaCha20Poly1305 } = createPrimitives({ implementation: wanted })
  expect(x25519.implementation).toBe('portable')
  expect([mlKem768, chaCha20Poly1305].map(({ implementation }) => implementation)).toEqual([
    wanted,
    wanted
  ])
})

describe('randomness from outside', () => {
  const fixed = () => {
    let calls = 0
    return createPrimitives({ random: (length) => new Uint8Array(length).fill(++calls) })
  }

  it('makes everything reproducible', () => {
    const [one, two] = [fixed(), fixed()]
    expect([...one.x25519.createKeyPair().publicKey]).toEqual([
      ...two.x25519.createKeyPair().publicKey
    ])
    const [keyOne, keyTwo] = [one.mlKem768.createKeyPair(), two.mlKem768.createKeyPair()]
    expect([...keyOne.publicKey]).toEqual([...keyTwo.publicKey])
    expect([...one.mlKem768.encapsulate(keyOne.publicKey).ciphertext]).toEqual([
      ...two.mlKem768.encapsulate(keyTwo.publicKey).ciphertext
    ])
  })
})
