import {
  createCipheriv,
  createDecipheriv,
  randomBytes,
  scrypt,
  type ScryptOptions
} from 'node:crypto'
import { createReader, createWriter, type Reader } from '@daa-compute/wire'
import { decodeIdentity, encodeIdentity, type Identity } from './identity.ts'

/**
 * An identity under a passphrase:
 *
 * | field      | bytes | what                                                        |
 * | ---------- | ----- | ----------------------------------------------------------- |
 * | magic      | 8     | `DAA key` and a byte no text has; no libp2p key begins so    |
 * | version    | 1     | 1                                                           |
 * | log2 N     | 1     | scrypt's cost                                               |
 * | r, p       | 1, 1  | scrypt's block size and parallelism                         |
 * | salt       | 16    | of this file                                                |
 * | nonce      | 12    | of this file                                                |
 * | ciphertext | rest  | libp2p's form of the key, ChaCha20-Poly1305, tag at the end |
 *
 * The AEAD (RFC 8439) authenticates everything before the ciphertext, too. The key
 * comes of the passphrase by scrypt (RFC 7914).
 */
const MAGIC = Uint8Array.of(0x44, 0x41, 0x41, 0x20, 0x6b, 0x65, 0x79, 0xf5)
const VERSION = 1
const SALT_LENGTH = 16
const NONCE_LENGTH = 12
const TAG_LENGTH = 16
const HEADER_LENGTH: number = MAGIC.length + 4 + SALT_LENGTH + NONCE_LENGTH
const CIPHER = 'chacha20-poly1305'

/** What scrypt costs; it takes 128 · N · r bytes of memory, and p times as long. */
interface ScryptCost {
  readonly log2N: number
  readonly r: number
  readonly p: number
}

/**
 * The cost of new files: 128 MiB and a few tenths of a second, what OWASP's
 * password storage cheat sheet asks for at least.
 */
const COST: ScryptCost = { log2N: 17, r: 8, p: 1 }

/** Most memory that a file can make scrypt take, in bytes. */
const MAX_MEMORY = 512 * 2 ** 20

/** Most passes over that memory that a file can ask for. */
const MAX_P = 4

/** Longest ciphertext, in bytes: several times an Ed25519 key. */
const MAX_CIPHERTEXT_LENGTH = 512

/** Why sealed bytes cannot be opened. */
export type SealFailure = 'MALFORMED' | 'WRONG_PASSPHRASE'

/** Whether these bytes are an identity under a passphrase, as far as their beginning says. */
export function isSealed(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte)
}

/** Encrypts an identity; each time to other bytes. */
export async function sealIdentity(identity: Identity, passphrase: string): Promise<Uint8Array> {
  const salt = randomBytes(SALT_LENGTH)
  const nonce = randomBytes(NONCE_LENGTH)
  const header = createWriter()
    .bytes(MAGIC)
    .uint8(VERSION)
    .uint8(COST.log2N)
    .uint8(COST.r)
    .uint8(COST.p)
    .bytes(salt)
    .bytes(nonce)
    .finish()
  const plain = encodeIdentity(identity)
  const cipher = createCipheriv(CIPHER, await keyOf(passphrase, salt, COST), nonce, {
    authTagLength: TAG_LENGTH
  })
  cipher.setAAD(header, { plaintextLength: plain.length })
  const body = cipher.update(plain)
  return new Uint8Array(Buffer.concat([header, body, cipher.final(), cipher.getAuthTag()]))
}

/** Decrypts what {@link sealIdentity} has made; a file's parameters are checked before they cost anything. */
export async function openSealed(
  bytes: Uint8Array,
  passphrase: string
): Promise<Identity | SealFailure> {
  const fields = parse(bytes)
  if (fields === undefined) return 'MALFORMED'
  const { cost, salt, nonce, ciphertext } = fields
  const decipher = createDecipheriv(CIPHER, await keyOf(passphrase, salt, cost), nonce, {
    authTagLength: TAG_LENGTH
  })
  const length = ciphertext.length - TAG_LENGTH
  decipher.setAAD(bytes.subarray(0, HEADER_LENGTH), { plaintextLength: length })
  decipher.setAuthTag(ciphertext.subarray(length))
  const body = decipher.update(ciphertext.subarray(0, length))
  try {
    decipher.final()
  } catch {
    return 'WRONG_PASSPHRASE'
  }
  return decodeIdentity(new Uint8Array(body)) ?? 'MALFORMED'
}

interface SealedFields {
  readonly cost: ScryptCost
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

function parse(bytes: Uint8Array): SealedFields | undefined {
  try {
    const reader = createReader(bytes)
    reader.bytes(MAGIC.length)
    if (reader.uint8() !== VERSION) return undefined
    const cost = { log2N: reader.uint8(), r: reader.uint8(), p: reader.uint8() }
    return isAffordable(cost) ? parseRest(reader, cost) : undefined
  } catch {
    return undefined
  }
}

function parseRest(reader: Reader, cost: ScryptCost): SealedFields | undefined {
  const salt = reader.bytes(SALT_LENGTH)
  const nonce = reader.bytes(NONCE_LENGTH)
  const { remaining } = reader
  if (remaining <= TAG_LENGTH || remaining > MAX_CIPHERTEXT_LENGTH) return undefined
  return { cost, salt, nonce, ciphertext: reader.bytes(remaining) }
}

function isAffordable({ log2N, r, p }: ScryptCost): boolean {
  if (log2N < 1 || log2N > 24 || r < 1 || p < 1 || p > MAX_P) return false
  // RFC 7914, section 2: others are no parameters of scrypt
  if (log2N >= 16 * r) return false
  return 128 * r * 2 ** log2N <= MAX_MEMORY
}

function keyOf(
  passphrase: string,
  salt: Uint8Array,
  { log2N, r, p }: ScryptCost
): Promise<Uint8Array> {
  const N = 2 ** log2N
  // OpenSSL counts its own blocks as well
  const options: ScryptOptions = { N, r, p, maxmem: 128 * r * (N + p + 2) }
  // the same text typed on another keyboard may be composed of other code points
  const text = passphrase.normalize('NFKC')
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  scrypt(text, salt, 32, options, (error, key) => {
    if (error === null) resolve(key)
    else reject(error)
  })
  return promise
}
