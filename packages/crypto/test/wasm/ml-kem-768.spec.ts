import { shake128 } from '@noble/hashes/sha3.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { fromHex, toHex } from '../../src/hex.ts'
import type { Kem } from '../../src/primitives.ts'
import { createMlKem768 } from '../../src/wasm/ml-kem-768.ts'
import { createMlKemEngine } from '../../src/wasm/ml-kem-engine.ts'

const Q = 3329
const engine = createMlKemEngine()!

/** Deterministic: with copies, as what is random is wiped. */
function kemOf(seed: Uint8Array): Kem {
  return createMlKem768(engine, () => new Uint8Array(seed))
}

/** Bytes of the generator that the accumulated vectors are made with. */
function stream(seed: string): (length: number) => Uint8Array {
  const generator = shake128.create({}).update(new TextEncoder().encode(seed))
  return (length) => generator.xof(length)
}

function refusal(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return (error as { readonly code?: unknown }).code
  }
  return 'none'
}

/** 768 coefficients of 12 bits, and a seed of the matrix. */
function publicKeyOf(coefficients: readonly number[], rho: Uint8Array): Uint8Array {
  const key = new Uint8Array(1184)
  for (let i = 0; i < 768; i += 2) {
    const bits = coefficients[i]! | (coefficients[i + 1]! << 12)
    key.set([bits & 255, (bits >> 8) & 255, bits >> 16], (i / 2) * 3)
  }
  key.set(rho, 1152)
  return key
}

describe('ML-KEM-768 in WebAssembly', () => {
  it('gives the published answers to random input, good and bad ciphertexts', () => {
    // the accumulated vectors of Go's crypto/mlkem, of FIPS 203 as it was published
    const next = stream('')
    const answers = shake128.create({ dkLen: 32 })
    for (let i = 0; i < 100; i++) {
      const keyPair = kemOf(next(64)).createKeyPair()
      const { ciphertext, sharedSecret } = kemOf(next(32)).encapsulate(keyPair.publicKey)
      expect(toHex(keyPair.decapsulate(ciphertext))).toBe(toHex(sharedSecret))
      answers.update(keyPair.publicKey).update(ciphertext).update(sharedSecret)
      answers.update(keyPair.decapsulate(next(1088)))
    }
    expect(toHex(answers.digest())).toBe(
      '1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415'
    )
  })

  it('makes a matrix whose numbers are rejected more often than nearly all others', () => {
    // "unlucky" vector of C2SP's CCTV: most of the XOF is thrown away
    const seed = fromHex(
      '82c4a361586b9715c2375a45fb85c32d04be7fe6e26acd820ec5d4080093afe1' +
        '8476013560151d986dc7834dcb57c75f845f8d7ee71558d0955f3f4feb723cf2'
    )
    const message = fromHex('e48f74ad416e99631003ded1478aec62a02c245d88ed7f2fae92aedf13ca03b3')
    const keyPair = kemOf(seed).createKeyPair()
    const { ciphertext, sharedSecret } = kemOf(message).encapsulate(keyPair.publicKey)
    const secret = '4f7cc64c040fc4e335a539691f4638caf8b1bf5da6455754afe699e41813801b'
    expect(toHex(sharedSecret)).toBe(secret)
    expect(toHex(keyPair.decapsulate(ciphertext))).toBe(secret)
    expect(toHex(keyPair.publicKey).slice(0, 16)).toBe('ad568015b87690eb')
  })

  it('agrees with noble on keys, ciphertexts and secrets of any seeds', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(bytes(64), bytes(32), (seed, message) => {
        const keyPair = kemOf(seed).createKeyPair()
        const theirs = ml_kem768.keygen(seed)
        expect(toHex(keyPair.publicKey)).toBe(toHex(theirs.publicKey))
        const ours = kemOf(message).encapsulate(theirs.publicKey)
        const { cipherText, sharedSecret } = ml_kem768.encapsulate(keyPair.publicKey, message)
        expect(toHex(ours.ciphertext)).toBe(toHex(cipherText))
        expect(toHex(ours.sharedSecret)).toBe(toHex(sharedSecret))
        expect(toHex(keyPair.decapsulate(cipherText))).toBe(toHex(sharedSecret))
      }),
      { numRuns: 40 }
    )
  })

  it('rejects what was altered, any one bit of it, with the secret that noble gives', () => {
    const next = stream('altered')
    const seed = next(64)
    const keyPair = kemOf(seed).createKeyPair()
    const { secretKey } = ml_kem768.keygen(seed)
    const { ciphertext, sharedSecret } = kemOf(next(32)).encapsulate(keyPair.publicKey)
    for (let at = 0; at < 1088; at++) {
      const altered = ciphertext.slice()
      altered[at]! ^= 1 << (at & 7)
      const secret = toHex(keyPair.decapsulate(altered))
      expect(secret, `byte ${at}`).not.toBe(toHex(sharedSecret))
      // noble takes ten times as long
      if (at % 16 > 0) continue
      expect(secret).toBe(toHex(ml_kem768.decapsulate(altered, secretKey)))
    }
  })

  it.each([0, 0xff, 0x55, 0xaa, 0x0f, 0xf0])('rejects ciphertexts of bytes %i alone', (byte) => {
    const seed = stream('edges')(64)
    const ciphertext = new Uint8Array(1088).fill(byte)
    expect(toHex(kemOf(seed).createKeyPair().decapsulate(ciphertext))).toBe(
      toHex(ml_kem768.decapsulate(ciphertext, ml_kem768.keygen(seed).secretKey))
    )
  })

  it.each([0, 1, Q >> 1, (Q + 1) >> 1, Q - 1])('takes keys all of whose numbers are %i', (n) => {
    const next = stream(`${n}`)
    const key = publicKeyOf(
      Array.from({ length: 768 }, () => n),
      next(32)
    )
    const message = next(32)
    const { ciphertext, sharedSecret } = kemOf(message).encapsulate(key)
    const theirs = ml_kem768.encapsulate(key, message)
    expect(toHex(ciphertext)).toBe(toHex(theirs.cipherText))
    expect(toHex(sharedSecret)).toBe(toHex(theirs.sharedSecret))
  })

  it('refuses keys with a number that is not reduced, wherever', () => {
    const rho = stream('rho')(32)
    for (const tooMuch of [Q, Q + 1, 4095]) {
      for (let at = 0; at < 768; at++) {
        const coefficients = Array.from({ length: 768 }, (_, i) => (i === at ? tooMuch : Q - 1))
        const key = publicKeyOf(coefficients, rho)
        expect(refusal(() => kemOf(rho).encapsulate(key))).toBe('BAD_PUBLIC_KEY')
      }
    }
  })

  it('leaves nothing in its memory, whether it succeeds or not, nor in what seeds lay in', () => {
    const fresh = createMlKemEngine()!
    const clean = toHex(fresh.bytes)
    const seeds: Uint8Array[] = []
    const next = stream('wiped')
    const kem = createMlKem768(fresh, (length) => {
      seeds.push(new Uint8Array(next(length)))
      return seeds.at(-1) as Uint8Array<ArrayBuffer>
    })
    const isClean = (): boolean => toHex(fresh.bytes) === clean
    const keyPair = kem.createKeyPair()
    expect(isClean()).toBe(true)
    const { ciphertext } = kem.encapsulate(keyPair.publicKey)
    expect(isClean()).toBe(true)
    keyPair.decapsulate(ciphertext)
    expect(isClean()).toBe(true)
    expect(refusal(() => kem.encapsulate(new Uint8Array(1184).fill(255)))).toBe('BAD_PUBLIC_KEY')
    expect(refusal(() => kem.encapsulate(new Uint8Array(1183)))).toBe('BAD_LENGTH')
    expect(refusal(() => keyPair.decapsulate(new Uint8Array(1089)))).toBe('BAD_LENGTH')
    expect(isClean()).toBe(true)
    expect(seeds.length).toBe(3)
    expect(seeds.every((seed) => seed.every((byte) => byte === 0))).toBe(true)
  })

  it('keeps key pairs apart, whose calls take turns', () => {
    const next = stream('turns')
    const [one, other] = [kemOf(next(64)).createKeyPair(), kemOf(next(64)).createKeyPair()]
    const toOne = kemOf(next(32)).encapsulate(one.publicKey)
    const toOther = kemOf(next(32)).encapsulate(other.publicKey)
    for (let i = 0; i < 2; i++) {
      expect(toHex(one.decapsulate(toOne.ciphertext))).toBe(toHex(toOne.sharedSecret))
      expect(toHex(other.decapsulate(toOther.ciphertext))).toBe(toHex(toOther.sharedSecret))
    }
    expect(toHex(other.decapsulate(toOne.ciphertext))).not.toBe(toHex(toOne.sharedSecret))
  })
})
