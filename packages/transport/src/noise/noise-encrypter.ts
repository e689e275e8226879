import { createPrimitives, type KeyPair, type Primitives } from '@daa-compute/crypto'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { serviceCapabilities } from '@libp2p/interface'
import type {
  ConnectionEncrypter,
  MessageStream,
  PrivateKey,
  SecureConnectionOptions,
  SecuredConnection,
  Upgrader
} from '@libp2p/interface'
import { chooseMuxer } from './choose-muxer.ts'
import { sendsHeldProposals, takeHeldProposal } from './eager-selection.ts'
import { HandshakeError } from './handshake/errors.ts'
import { rememberHandshakeError } from './handshake/explain-handshake-error.ts'
import { proveStaticKey } from './handshake/identity-proof.ts'
import { MessagePipe } from './handshake/message-pipe.ts'
import { encodePayload, type HandshakeExtensions } from './handshake/payload.ts'
import { type HandshakeResult, initiate, respond } from './handshake/shake-hands.ts'
import type { NoiseSuite } from './protocols.ts'
import type { NoiseSession } from './session.ts'

/** What Noise needs of a libp2p node. */
export interface NoiseComponents {
  readonly privateKey: PrivateKey
  readonly upgrader: Pick<Upgrader, 'getStreamMuxers'>
}

/** What makes an encrypted stream of one whose handshake is over. */
export type SecureStream = (
  stream: MessageStream,
  session: NoiseSession,
  early?: Uint8Array
) => MessageStream

/** Options of {@link noiseEncrypter}. */
export interface NoiseEncrypterInit {
  readonly suite: NoiseSuite
  /** Protocols of all encryptions of this end, the preferred one first. */
  readonly offered: readonly string[]
  readonly secure: SecureStream
  /** Default: the best of the platform */
  readonly primitives?: Primitives | undefined
}

/** libp2p's Noise with one of our suites: the handshake here, the records by `secure`. */
export function noiseEncrypter(
  init: NoiseEncrypterInit
): (components: NoiseComponents) => ConnectionEncrypter<HandshakeExtensions> {
  return (components) => new NoiseEncrypter(components, init)
}

class NoiseEncrypter implements ConnectionEncrypter<HandshakeExtensions> {
  readonly protocol: string
  readonly [Symbol.toStringTag] = '@daa-compute/noise'
  readonly [serviceCapabilities]: string[] = ['@libp2p/connection-encryption', '@libp2p/noise']
  readonly #components: NoiseComponents
  readonly #init: NoiseEncrypterInit
  readonly #crypto: Primitives
  /** The same for all connections, so that it is signed once. */
  readonly #staticKey: KeyPair
  #signature: Promise<Uint8Array> | undefined

  constructor(components: NoiseComponents, init: NoiseEncrypterInit) {
    this.protocol = init.suite.protocol
    this.#components = components
    this.#init = init
    this.#crypto = init.primitives ?? createPrimitives()
    this.#staticKey = this.#crypto.x25519.createKeyPair()
    sendsHeldProposals(this)
  }

  secureOutbound(
    connection: MessageStream,
    options?: SecureConnectionOptions
  ): Promise<SecuredConnection<HandshakeExtensions>> {
    return this.#secure(connection, true, options)
  }

  secureInbound(
    connection: MessageStream,
    options?: SecureConnectionOptions
  ): Promise<SecuredConnection<HandshakeExtensions>> {
    return this.#secure(connection, false, options)
  }

  async #secure(
    stream: MessageStream,
    initiator: boolean,
    options: SecureConnectionOptions = {}
  ): Promise<SecuredConnection<HandshakeExtensions>> {
    const muxers = options.skipStreamMuxerNegotiation === true ? [] : this.#muxers()
    const pipe = new MessagePipe(stream, options.signal, takeHeldProposal(stream))
    try {
      const payload = await this.#payload(muxers)
      const shake = initiator ? initiate : respond
      const result = await shake(pipe, {
        ...{ pattern: this.#init.suite.pattern, crypto: this.#crypto },
        ...{ staticKey: this.#staticKey, payload, expected: options.remotePeer }
      })
      this.#refuseDowngrade(result)
      const chosen = chooseMuxer(muxers, result.remoteExtensions.streamMuxers, initiator)
      const streamMuxer = this.#components.upgrader.getStreamMuxers().get(chosen ?? '')
      pipe.check()
      // from here on nothing waits: bytes that come now are records
      const connection = this.#init.secure(stream, result.session, pipe.end())
      pipe.resume()
      return {
        connection,
        remotePeer: result.remotePeer,
        remoteExtensions: result.remoteExtensions,
        ...(streamMuxer && { streamMuxer })
      }
    } catch (error) {
      pipe.end()
      if (error instanceof HandshakeError) rememberHandshakeError(stream, error as HandshakeError)
      stream.abort(error as Error)
      throw error
    }
  }

  #muxers(): readonly string[] {
    return [...this.#components.upgrader.getStreamMuxers().keys()]
  }

  async #payload(streamMuxers: readonly string[]): Promise<Uint8Array> {
    const { privateKey } = this.#components
    const { offered } = this.#init
    return encodePayload({
      identityKey: publicKeyToProtobuf(privateKey.publicKey),
      identitySignature: await this.#sign(),
      extensions: {
        streamMuxers,
        webtransportCerthashes: [],
        encryptions: offered.length > 1 ? offered : []
      }
    })
  }

  #sign(): Promise<Uint8Array> {
    if (this.#signature !== undefined) return this.#signature
    const signature = proveStaticKey(this.#components.privateKey, this.#staticKey.publicKey)
    this.#signature = signature
    signature.catch(() => {
      // who keeps the key elsewhere may have it back the next time
      this.#signature = undefined
    })
    return signature
  }

  /** Protocols are selected in the clear; both ends have said under encryption what they would have taken. */
  #refuseDowngrade({ remotePeer, remoteExtensions }: HandshakeResult): void {
    const { offered } = this.#init
    const preferred = offered.slice(0, offered.indexOf(this.protocol))
    const suite = preferred.find((protocol) => remoteExtensions.encryptions.includes(protocol))
    if (suite === undefined) return
    const peer = remotePeer.toString()
    throw new HandshakeError(
      'DOWNGRADE',
      `${peer} and this end both speak ${suite}, but were made to choose ${this.protocol}; somebody on the way tampers with connections`,
      { peer, suite }
    )
  }
}
