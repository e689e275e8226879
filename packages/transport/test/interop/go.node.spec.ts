import { peerId, type Channel } from '@daa-compute/interface'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  cloudPreset,
  createConnector,
  mergePresets,
  relayPreset,
  tcpPreset,
  type TransportPreset
} from '../../src/index.ts'
import { bytesOf, ECHO, exchange, serveEcho } from '../support/echo.ts'
import { findGo, GO_BUILD_MS, type GoPeer, startGoPeer } from '../support/go-peer.ts'
import { disconnected } from '../support/eventually.ts'
import { startNode } from '../support/nodes.ts'

const go = findGo()

const KINDS = [
  ['TCP', (address: string) => /\/tcp\/\d+\/p2p\//.test(address)],
  ['WebSocket', (address: string) => address.includes('/ws/')],
  ['WebRTC-direct', (address: string) => address.includes('/webrtc-direct/')]
] as const

function pick(addresses: readonly string[], matches: (address: string) => boolean): string {
  const found = addresses.find((address) => matches(address) && !address.includes('/p2p-circuit'))
  if (found === undefined) throw new Error(`no such address among ${addresses.join(' ')}`)
  return found
}

describe.skipIf(go === undefined)('go-libp2p', () => {
  let theirs: GoPeer
  let ours: Libp2p
  const more: Libp2p[] = []

  const start = async (listen: string[]): Promise<Libp2p> => {
    const node = await startNode({ preset: cloudPreset, listen: () => '' }, listen)
    more.push(node)
    await serveEcho(node)
    return node
  }

  beforeAll(async () => {
    theirs = await startGoPeer(go as string)
    ours = await start([
      '/ip4/127.0.0.1/tcp/0',
      '/ip4/127.0.0.1/tcp/0/ws',
      '/ip4/127.0.0.1/udp/0/webrtc-direct'
    ])
  }, GO_BUILD_MS)

  afterAll(async () => {
    await Promise.all(more.map((node) => node.stop()))
    await theirs?.stop()
  })

  describe.each(KINDS)('over %s', (name, matches) => {
    // a dial would be given one that is about to close
    afterEach(() => disconnected(ours))

    it('answers us', async () => {
      const connection = await ours.dial(multiaddr(pick(theirs.addresses, matches)))
      if (name !== 'WebRTC-direct') {
        expect(connection).toMatchObject({ encryption: '/noise', multiplexer: '/yamux/1.0.0' })
      }
      const bytes = bytesOf(3_000_000)
      const echoed = await exchange(await connection.newStream(ECHO), bytes)
      expect(Buffer.compare(echoed, bytes)).toBe(0)
      await connection.close()
    })

    it('is answered by us', async () => {
      const addresses = ours.getMultiaddrs().map(String)
      const outcome = await theirs.dial(pick(addresses, matches))
      expect(outcome.error).toBeUndefined()
      if (name !== 'WebRTC-direct') {
        expect(outcome).toEqual({ security: '/noise', muxer: '/yamux/1.0.0' })
      }
    })
  })

  describe('as a relay', () => {
    let hidden: Libp2p
    let address: (end: string) => string

    beforeAll(async () => {
      const relay = pick(theirs.addresses, KINDS[0][1])
      hidden = await start([`${relay}/p2p-circuit`, '/webrtc'])
      address = (end) => `${relay}/p2p-circuit${end}/p2p/${String(hidden.peerId)}`
    })

    it('brings us together', async () => {
      const dialler = await start([])
      const connection = await dialler.dial(multiaddr(address('')))
      expect(connection.limits).toBeDefined()
      expect(connection.encryption).toBeDefined()
      const stream = await connection.newStream(ECHO, { runOnLimitedConnection: true })
      const bytes = bytesOf(20_000)
      expect(Buffer.compare(await exchange(stream, bytes), bytes)).toBe(0)
    })

    it('carries no channels', async () => {
      const preset = (): TransportPreset => mergePresets(relayPreset(), tcpPreset())
      const dialler = await startNode({ preset, listen: () => '' }, [])
      more.push(dialler)
      await dialler.dial(multiaddr(address('')))
      const connector = createConnector({ libp2p: dialler })
      await expect(connector.open(peerId(String(hidden.peerId)), '/test/go/1')).rejects.toThrow(
        'through a relay alone'
      )
      await connector.stop()
    })

    it('introduces us to each other, and we go on by WebRTC', async () => {
      const dialler = await start([])
      const connection = await dialler.dial(multiaddr(address('/webrtc')))
      expect(connection).toMatchObject({ direct: true, limits: undefined })

      const [near, far] = [dialler, hidden].map((libp2p) => createConnector({ libp2p }))
      const { promise: accepted, resolve } = Promise.withResolvers<Channel>()
      await far!.accept('/test/go/1', resolve)
      const channel = await near!.open(peerId(String(hidden.peerId)), '/test/go/1')
      const other = await accepted
      const bytes = bytesOf(500_000)
      const [, frame] = await Promise.all([channel.send(bytes), other.receive()])
      expect(Buffer.compare(frame!, bytes)).toBe(0)
      await channel.close()
      await Promise.all([near!.stop(), far!.stop()])
    })
  })
})
