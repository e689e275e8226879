/** A key as OpenSSL holds it. */
export interface KeyObject {
  export(options: { readonly format: 'der'; readonly type: 'spki' }): Uint8Array
}

interface Der {
  readonly key: Uint8Array
  readonly format: 'der'
  readonly type: 'pkcs8' | 'spki'
}

interface Hash {
  update(bytes: Uint8Array): Hash
  digest(): Uint8Array
}

interface Cipher {
  setAAD(bytes: Uint8Array, options: { readonly plaintextLength: number }): void
  update(bytes: Uint8Array): Uint8Array
  final(): Uint8Array
  getAuthTag(): Uint8Array
}

interface Decipher {
  setAAD(bytes: Uint8Array, options: { readonly plaintextLength: number }): void
  setAuthTag(tag: Uint8Array): void
  update(bytes: Uint8Array): Uint8Array
  final(): Uint8Array
}

interface TagLength {
  readonly authTagLength: number
}

type CipherName = 'chacha20-poly1305'

/** A key and the context that FIPS 204 has signatures be made in. */
interface KeyInContext {
  readonly key: KeyObject
  readonly context: Uint8Array
}

/** What is used of `node:crypto`; `encapsulate` and `decapsulate` came with 24.7. */
export interface NodeCrypto {
  createHash(algorithm: 'sha256'): Hash
  hkdfSync(
    digest: 'sha256',
    keyMaterial: Uint8Array,
    salt: Uint8Array,
    info: '',
    length: number
  ): ArrayBuffer
  createPrivateKey(key: Der): KeyObject
  createPublicKey(key: Der | KeyObject): KeyObject
  createSecretKey(key: Uint8Array): KeyObject
  diffieHellman(keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): Uint8Array
  generateKeyPairSync(type: 'x25519' | 'ml-kem-768'): {
    readonly privateKey: KeyObject
    readonly publicKey: KeyObject
  }
  createCipheriv(name: CipherName, key: KeyObject, nonce: Uint8Array, options: TagLength): Cipher
  createDecipheriv(
    name: CipherName,
    key: KeyObject,
    nonce: Uint8Array,
    options: TagLength
  ): Decipher
  encapsulate(publicKey: KeyObject): {
    readonly sharedKey: Uint8Array
    readonly ciphertext: Uint8Array
  }
  decapsulate(privateKey: KeyObject, ciphertext: Uint8Array): Uint8Array
  sign(algorithm: null, message: Uint8Array, key: KeyInContext): Uint8Array
  verify(algorithm: null, message: Uint8Array, key: KeyInContext, signature: Uint8Array): boolean
}

/** What is used of the global of Node.js, and of those who have copied it. */
interface NodeProcess {
  getBuiltinModule?(name: string): unknown
}

declare const process: NodeProcess | undefined

/**
 * `node:crypto`, or `undefined` elsewhere. No `import` of it appears in the code,
 * so that bundlers for browsers have nothing to resolve. What of it is there
 * depends on the version: the caller checks.
 */
export function nodeCrypto(): Partial<NodeCrypto> | undefined {
  if (typeof process === 'undefined') return undefined
  return process.getBuiltinModule?.('node:crypto') as Partial<NodeCrypto> | undefined
}

/** Whether all that the caller names is there. */
export function has<Name extends keyof NodeCrypto>(
  crypto: Partial<NodeCrypto> | undefined,
  ...names: readonly Name[]
): crypto is Partial<NodeCrypto> & Pick<NodeCrypto, Name> {
  return crypto !== undefined && names.every((name) => crypto[name] !== undefined)
}

/** A key's bytes behind the DER in front of them, which is the same for all keys of a kind. */
export function der(prefix: Uint8Array, bytes: Uint8Array, type: Der['type']): Der {
  const key = new Uint8Array(prefix.length + bytes.length)
  key.set(prefix)
  key.set(bytes, prefix.length)
  return { key, format: 'der', type }
}

/** The bytes of a public key, without the DER in front. */
export function publicBytes(key: KeyObject, prefix: Uint8Array): Uint8Array {
  return key.export({ format: 'der', type: 'spki' }).subarray(prefix.length)
}
