import { type CipherImplementation, createPrimitives } from '@daa-compute/crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { ConnectionEncrypter } from '@libp2p/interface'
import { noise } from '@libp2p/noise'

import { noiseEncrypter } from '../../src/noise/noise-encrypter.ts'
import type { NoiseSuite } from '../../src/noise/protocols.ts'
import { directStreams } from './direct-streams.ts'

/** Two peers that connect to each other again and again. */
export interface Ends {
  /** Both halves of a handshake, one after the other in this process. */
  connect(): Promise<void>
}

const [{ log }] = directStreams()

async function components() {
  return {
    privateKey: await generateKeyPair('Ed25519'),
    logger: { forComponent: () => log },
    upgrader: { getStreamMuxers: () => new Map() }
  }
}

/** Our Noise; records are left out. */
export async function ourEnds(
  suite: NoiseSuite,
  implementation: CipherImplementation
): Promise<Ends> {
  const make = noiseEncrypter({
    suite,
    offered: [suite.protocol],
    secure: (stream) => stream,
    primitives: createPrimitives({ implementation })
  })
  return ends(make(await components()), make(await components()))
}

export async function stockEnds(): Promise<Ends> {
  const make = noise()
  const peers = [await components(), await components()] as unknown as Parameters<typeof make>[0][]
  const [one, other] = peers.map((peer) => make(peer)) as [ConnectionEncrypter, ConnectionEncrypter]
  return ends(one, other)
}

function ends(one: ConnectionEncrypter, other: ConnectionEncrypter): Ends {
  return {
    async connect() {
      const [near, far] = directStreams()
      await Promise.all([one.secureOutbound(near), other.secureInbound(far)])
    }
  }
}
