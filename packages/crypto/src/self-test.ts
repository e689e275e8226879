import { ML_KEM_SEED_LENGTH } from './constants.ts'
import { CryptoError } from './errors.ts'
import { fromHex, toHex } from './hex.ts'
import { KNOWN_CIPHERTEXT } from './known-ciphertext.ts'
import type { NativeKem } from './native/ml-kem-768.ts'
import type { Aead, Hashing, Kem, KemKeyPair, KeyAgreement } from './primitives.ts'
import type { RandomBytes } from './random-bytes.ts'

/** SHA-256 of "abc": FIPS 180-4's first example. */
const HASH_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

/** RFC 5869, test case 3, whose salt and info are empty; it gives 42 bytes. */
const KEY_MATERIAL = '0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b'
const KEYS = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'

/** RFC 8439, section 2.8.2; of the ciphertext its tag, which covers all of it. */
const SEALING_KEY = '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f'
const NONCE = '070000004041424344454647'
const ASSOCIATED_DATA = '50515253c0c1c2c3c4c5c6c7'
const PLAINTEXT =
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
const TAG = '1ae10b594f09e26a7e902ecbd0600691'

/** The tag that OpenSSL and noble agree on for 4,099 bytes i · i + 3 · i: implementations work on several blocks at once. */
const LONG_LENGTH = 4099
const LONG_TAG = '57705173a97c365a23c7bae1697c3319'

/** RFC 7748, section 6.1: Alice's secret key, Bob's public key and what they share. */
const SECRET_KEY = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'
const PUBLIC_KEY = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'
const SHARED = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'

/**
 * ML-KEM-768 with the seeds of the published handshake whose key begins with
 * b989c17f; the rest of the answers is what OpenSSL 3.5 and noble agree on. They
 * are SHA-256 of public key and ciphertext, the secret, and the secret that the
 * ciphertext gives with its first bit flipped.
 */
const KEY_SEED = 0x15
const ENCAPSULATION_SEED = 0x16
const KEM_PUBLIC_KEY_HASH = 'c29190dab0bdfa382433df4a438b162e2221862d611ef305de46c28c9d2730ab'
const CIPHERTEXT_HASH = '84f230492ef88cebc8e5feef6225a77377ec4910ec29edb485b3c7b6adf0bd8d'
const KEM_SECRET = 'e88984b057af7556c0de6d9c56db9b99cc8a551ea0e3f32b34adf4e8de3520c9'
const REJECTION_SECRET = '2a62533d9caa22a5560a44569cd27c8b384831ce89c49e73fcf707bd93a9cfdf'

export function answersOfHashing({ sha256, hkdf }: Hashing): boolean {
  const text = new TextEncoder().encode('abc')
  const keys = hkdf(new Uint8Array(), fromHex(KEY_MATERIAL))
  return (
    toHex(sha256(text)) === HASH_OF_ABC &&
    toHex(sha256(text.subarray(0, 1), text.subarray(1))) === HASH_OF_ABC &&
    keys.map(toHex).join('').startsWith(KEYS)
  )
}

export function answersOfAead(aead: Aead): boolean {
  const [key, nonce, data] = [SEALING_KEY, NONCE, ASSOCIATED_DATA].map(fromHex) as [
    Uint8Array,
    Uint8Array,
    Uint8Array
  ]
  const sealed = aead.seal(key, nonce, data, new TextEncoder().encode(PLAINTEXT))
  const opened = aead.open(key, nonce, data, sealed)
  const long = new Uint8Array(LONG_LENGTH).map((_, i) => i * i + 3 * i)
  const sealedLong = aead.seal(key, nonce, data, long)
  const openedLong = aead.open(key, nonce, data, sealedLong)
  return (
    toHex(sealed.subarray(PLAINTEXT.length)) === TAG &&
    new TextDecoder().decode(opened) === PLAINTEXT &&
    toHex(sealedLong.subarray(LONG_LENGTH)) === LONG_TAG &&
    long.every((byte, i) => byte === openedLong[i]) &&
    refusesForgery(aead, key, nonce, data, sealedLong)
  )
}

function refusesForgery(
  aead: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array,
  sealed: Uint8Array
): boolean {
  const forged = sealed.slice()
  forged[LONG_LENGTH] = (forged[LONG_LENGTH] ?? 0) ^ 1
  try {
    aead.open(key, nonce, data, forged)
    return false
  } catch (error) {
    return error instanceof CryptoError && error.code === 'NOT_AUTHENTIC'
  }
}

export function answersOfX25519(x25519: KeyAgreement): boolean {
  const shared = x25519.importKeyPair(fromHex(SECRET_KEY)).agree(fromHex(PUBLIC_KEY))
  const [alice, bob] = [x25519.createKeyPair(), x25519.createKeyPair()]
  return (
    toHex(shared) === SHARED &&
    toHex(alice.agree(bob.publicKey)) === toHex(bob.agree(alice.publicKey))
  )
}

/** @param make makes it with randomness of one's own, which OpenSSL does not take */
export function answersOfMlKem768(
  make: (random: RandomBytes) => Kem | undefined,
  { sha256 }: Hashing
): boolean {
  const [creator, encapsulator] = [KEY_SEED, ENCAPSULATION_SEED].map((seed) =>
    make((length) => new Uint8Array(length).fill(seed))
  )
  if (creator === undefined || encapsulator === undefined) return false
  const keyPair = creator.createKeyPair()
  const { ciphertext, sharedSecret } = encapsulator.encapsulate(keyPair.publicKey)
  return (
    toHex(sha256(keyPair.publicKey)) === KEM_PUBLIC_KEY_HASH &&
    toHex(sha256(ciphertext)) === CIPHERTEXT_HASH &&
    toHex(sharedSecret) === KEM_SECRET &&
    decapsulatesRight(keyPair, ciphertext)
  )
}

/** OpenSSL encapsulates with randomness of its own: that it does so right shows in what comes out again. */
export function answersOfNativeMlKem768(kem: NativeKem, { sha256 }: Hashing): boolean {
  const keyPair = kem.importKeyPair(new Uint8Array(ML_KEM_SEED_LENGTH).fill(KEY_SEED))
  const created = kem.createKeyPair()
  return (
    toHex(sha256(keyPair.publicKey)) === KEM_PUBLIC_KEY_HASH &&
    decapsulatesRight(keyPair, fromBase64(KNOWN_CIPHERTEXT)) &&
    [keyPair, created].every(({ publicKey, decapsulate }) => {
      const { ciphertext, sharedSecret } = kem.encapsulate(publicKey)
      return toHex(decapsulate(ciphertext)) === toHex(sharedSecret)
    })
  )
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

function decapsulatesRight(keyPair: KemKeyPair, ciphertext: Uint8Array): boolean {
  const altered = ciphertext.slice()
  altered[0] = (altered[0] ?? 0) ^ 1
  return (
    toHex(keyPair.decapsulate(ciphertext)) === KEM_SECRET &&
    toHex(keyPair.decapsulate(altered)) === REJECTION_SECRET
  )
}
