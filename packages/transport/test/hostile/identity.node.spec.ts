import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import type { NoiseComponents } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { tcpPreset } from '../../src/index.ts'
import { startGuarded } from '../support/guarded.ts'
import type { GuardedNode } from '../support/guarded.ts'
import { startVictim } from './victim.ts'
import type { Victim } from './victim.ts'
import { eventually } from '../support/eventually.ts'

/** The same components with another key: their owner is a proxy that cannot be spread. */
function showing(components: NoiseComponents, privateKey: PrivateKey): NoiseComponents {
  return new Proxy(components, {
    get: (all, name): unknown => (name === 'privateKey' ? privateKey : Reflect.get(all, name))
  })
}

describe('somebody who is not who they say', () => {
  let victim: Victim
  let liar: Libp2p | undefined
  let caller: GuardedNode | undefined

  afterEach(async () => {
    await liar?.stop()
    await caller?.stop()
    liar = undefined
    caller = undefined
    await victim.stop()
  })

  /** Has one key, and shows another in its handshakes. */
  async function startLiar(own: PrivateKey, shown: PrivateKey['publicKey']): Promise<Libp2p> {
    const forged = new Proxy(own, {
      get: (key, name): unknown =>
        name === 'publicKey'
          ? shown
          : (Reflect.get(key, name) as (() => void) | undefined)?.bind?.(key)
    })
    liar = await createLibp2p({
      privateKey: own,
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [(components) => noise()(showing(components, forged))],
      streamMuxers: [yamux()]
    })
    return liar
  }

  it('claims the key of somebody else, and cannot sign with it', async () => {
    victim = await startVictim()
    const [own, other] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    const node = await startLiar(own, other.publicKey)
    await node.dial(victim.libp2p.getMultiaddrs()).catch(() => {})
    await victim.refused('HANDSHAKE_FAILED')
    await victim.serves()
    await eventually(() => expect(victim.libp2p.getConnections()).toHaveLength(0))
  })

  it('listens where another peer is called', async () => {
    victim = await startVictim()
    const own = await generateKeyPair('Ed25519')
    const node = await startLiar(own, own.publicKey)
    const wanted = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    const [address] = node.getMultiaddrs()
    const lie = multiaddr(String(address).replace(/\/p2p\/.*/, `/p2p/${wanted.toString()}`))
    caller = await startGuarded({ preset: tcpPreset() })
    await expect(caller.libp2p.dial(lie)).rejects.toMatchObject({ name: 'EncryptionFailedError' })
    await eventually(() => {
      expect(caller?.refusals.map(({ code }) => code)).toEqual(['HANDSHAKE_FAILED'])
    })
    expect(caller.libp2p.getConnections()).toHaveLength(0)
    // and it calls others meanwhile
    await caller.libp2p.dial(victim.libp2p.getMultiaddrs())
    expect(caller.libp2p.getConnections()).toHaveLength(1)
    await victim.serves()
  })

  it('is the peer itself', async () => {
    const own = await generateKeyPair('Ed25519')
    victim = await startVictim()
    const node = await startLiar(own, victim.libp2p.peerId.publicKey as PrivateKey['publicKey'])
    await node.dial(victim.libp2p.getMultiaddrs()).catch(() => {})
    await victim.refused('HANDSHAKE_FAILED')
    expect(victim.libp2p.getConnections(victim.libp2p.peerId)).toHaveLength(0)
    await victim.serves()
  })
})
