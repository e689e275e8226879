import { generateKeyPair } from '@libp2p/crypto/keys'
import type {
  ConnectionEncrypter,
  MessageStream,
  PrivateKey,
  StreamMessageEvent,
  StreamMuxerFactory
} from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { createPrimitives, type Primitives } from '@daa-compute/crypto'

import { noiseEncrypter } from '../../src/noise/noise-encrypter.ts'
import { secureWithRecords } from '../../src/noise/records/secure-with-records.ts'
import { CLASSICAL, HYBRID, type NoiseSuite } from '../../src/noise/protocols.ts'

/** One end of a connection before anything was encrypted. */
export interface End {
  readonly privateKey: PrivateKey
  readonly encrypter: ConnectionEncrypter
}

export interface EndOptions {
  readonly suite?: NoiseSuite
  readonly offered?: readonly string[]
  readonly muxers?: readonly string[]
  readonly primitives?: Primitives
  /** Default: one of Ed25519 */
  readonly privateKey?: PrivateKey
  /** To sign with instead of the identity's own. */
  readonly forger?: PrivateKey
}

/** What an encrypter is told of a node. */
function components(privateKey: PrivateKey, muxers: readonly string[]) {
  const factories = new Map(
    muxers.map((protocol) => [protocol, { protocol } as StreamMuxerFactory])
  )
  return {
    privateKey,
    logger: { forComponent: () => streams()[0].log },
    upgrader: { getStreamMuxers: () => factories }
  }
}

/** An end with Noise of ours. */
export async function ourEnd(options: EndOptions = {}): Promise<End> {
  const { suite = CLASSICAL, muxers = [], forger } = options
  const privateKey = options.privateKey ?? (await generateKeyPair('Ed25519'))
  const used =
    forger === undefined
      ? privateKey
      : Object.create(privateKey, { sign: { value: forger.sign.bind(forger) } })
  const encrypter = noiseEncrypter({
    suite,
    offered: options.offered ?? [suite.protocol],
    secure: secureWithRecords,
    primitives: options.primitives
  })(components(used as PrivateKey, muxers))
  return { privateKey, encrypter }
}

/** An end with stock Noise. */
export async function stockEnd(muxers: readonly string[] = []): Promise<End> {
  const privateKey = await generateKeyPair('Ed25519')
  const node = components(privateKey, muxers)
  return {
    privateKey,
    encrypter: noise()(node as unknown as Parameters<ReturnType<typeof noise>>[0])
  }
}

/** Two ends of a stream of bytes. */
export function streams(): readonly [MessageStream, MessageStream] {
  return multiaddrConnectionPair()
}

/** What has come over a stream, as it comes; `until` waits for so many bytes. */
export function collect(stream: MessageStream): (length: number) => Promise<Uint8Array> {
  const chunks: number[] = []
  let wake: (() => void) | undefined
  stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
    chunks.push(...data.subarray())
    wake?.()
  })
  return async (length) => {
    while (chunks.length < length) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return Uint8Array.from(chunks)
  }
}

export const SUITES: readonly NoiseSuite[] = [CLASSICAL, HYBRID]
export const portable: Primitives = createPrimitives({ implementation: 'portable' })
