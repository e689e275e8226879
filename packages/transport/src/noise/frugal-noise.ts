import {
  type ICryptoInterface,
  noise,
  type NoiseComponents,
  type NoiseExtensions
} from '@libp2p/noise'
import { defaultCrypto } from '@libp2p/noise/crypto'
import {
  type ConnectionEncrypter,
  type MessageStream,
  type SecureConnectionOptions,
  type SecuredConnection,
  serviceCapabilities
} from '@libp2p/interface'
import { giveBack } from './give-back.ts'
import { ReadMemory } from './read-memory.ts'

import { SentMemory, type Socket } from './sent-memory.ts'
import { withSharedCounters } from './shared-counters.ts'

/** Records shorter than this are decrypted elsewhere and leave nothing worth giving back. */
const SMALL_RECORD = 4096

/**
 * libp2p's Noise, byte for byte, with one difference on TCP connections: the
 * memory of records that were sent or decrypted goes back to the system at once
 * instead of waiting for the garbage collector. That halves the peak of what a
 * stream of tensors needs beside the tensors.
 *
 * Other transports get Noise as it is: in memory both ends share the bytes that
 * are sent, and a WebSocket does not tell when they are gone.
 */
export function frugalNoise(): (components: NoiseComponents) => ConnectionEncrypter {
  return (components) => new FrugalNoise(components)
}

class FrugalNoise implements ConnectionEncrypter<NoiseExtensions> {
  readonly protocol = '/noise'
  readonly [Symbol.toStringTag] = '@daa-compute/frugal-noise'
  readonly [serviceCapabilities]: string[] = ['@libp2p/connection-encryption', '@libp2p/noise']
  readonly #components: NoiseComponents
  readonly #staticNoiseKey: Uint8Array
  readonly #stock: ConnectionEncrypter<NoiseExtensions>

  constructor(components: NoiseComponents) {
    this.#components = withSharedCounters(components)
    this.#staticNoiseKey = defaultCrypto.generateX25519KeyPair().privateKey
    this.#stock = this.#create(defaultCrypto)
  }

  secureOutbound(
    connection: MessageStream,
    options?: SecureConnectionOptions
  ): Promise<SecuredConnection<NoiseExtensions>> {
    return this.#for(connection).secureOutbound(connection, options)
  }

  secureInbound(
    connection: MessageStream,
    options?: SecureConnectionOptions
  ): Promise<SecuredConnection<NoiseExtensions>> {
    return this.#for(connection).secureInbound(connection, options)
  }

  #for(connection: MessageStream): ConnectionEncrypter<NoiseExtensions> {
    const socket = socketOf(connection)
    return socket === undefined ? this.#stock : this.#create(frugalCrypto(connection, socket))
  }

  #create(crypto: ICryptoInterface): ConnectionEncrypter<NoiseExtensions> {
    return noise({ crypto, staticNoiseKey: this.#staticNoiseKey })(this.#components)
  }
}

/** The default cryptography, with a ledger of one connection's memory. */
function frugalCrypto(connection: MessageStream, socket: Socket): ICryptoInterface {
  const sent = new SentMemory(connection, socket)
  const read = new ReadMemory()
  return {
    ...defaultCrypto,
    chaCha20Poly1305Encrypt(plaintext, nonce, ad, k) {
      const ciphertext = defaultCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, k)
      if (isRecord(ad)) sent.add(ciphertext)
      return ciphertext
    },
    chaCha20Poly1305Decrypt(ciphertext, nonce, ad, k, dst) {
      // `dst` is where Noise would have a plaintext written; Node's cipher has its
      // own, so a copy that was made for it is waste, and a view of the slab has
      // to stay untouched: the plaintext would keep the slab alive
      if (!isRecord(ad)) return defaultCrypto.chaCha20Poly1305Decrypt(ciphertext, nonce, ad, k)
      const plaintext = defaultCrypto.chaCha20Poly1305Decrypt(ciphertext, nonce, ad, k)
      const pieces = ciphertext instanceof Uint8Array ? [ciphertext] : [...ciphertext]
      const copied = dst !== undefined && pieces.every(({ buffer }) => buffer !== dst.buffer)
      if (copied && dst.byteLength >= SMALL_RECORD) giveBack(dst)
      read.consumed(pieces)
      return plaintext
    }
  }
}

/** Handshake messages are authenticated with the transcript's hash, records with nothing. */
function isRecord(ad: Uint8Array): boolean {
  return ad.byteLength === 0
}

/**
 * The socket that a connection's bytes go straight to: the address says so. It
 * is a private field of libp2p's TCP connection; where there is none of that
 * name, Noise stays as it is.
 */
function socketOf(connection: MessageStream): Socket | undefined {
  if (!('remoteAddr' in connection && 'socket' in connection)) return undefined
  const { remoteAddr, socket } = connection
  if (!TCP_ADDRESS.test(String(remoteAddr))) return undefined
  return isSocket(socket) ? socket : undefined
}

const TCP_ADDRESS = /^\/(?:ip4|ip6|dns4|dns6|dns|dnsaddr)\/[^/]+\/tcp\/\d+(?:\/p2p\/[^/]+)?$/

function isSocket(value: unknown): value is Socket {
  return (
    typeof value === 'object' &&
    value !== null &&
    'writableLength' in value &&
    typeof value.writableLength === 'number'
  )
}
