import { peerId, type Channel } from '@daa-compute/interface'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, inject, it, vi } from 'vitest'
import { browserPreset, createConnector } from '../../src/index.ts'
import { bytesOf, CALL_BACK, CHANNEL_ECHO, ECHO, exchange, serveEcho } from '../support/echo.ts'
import { dialAgain, startStock } from '../support/stock.ts'

/** What a page agrees on with a node of whom. */
const NOISE = { ours: '/noise-mlkem768-hfs/0.2.0', stock: '/noise' }

const peers = inject('peers')
const nodes: Libp2p[] = []

/** Dials may have to be made twice. */
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

async function start(listen?: string[]): Promise<Libp2p> {
  const preset = browserPreset({ localNetwork: true })
  const addresses = listen === undefined ? preset.addresses : { listen }
  const node = await createLibp2p({ ...preset, addresses })
  nodes.push(node)
  return node
}

function pick(addresses: readonly string[], part: string): string {
  const relayed = part === '/webrtc/'
  const found = addresses.find(
    (address) => address.includes(part) && address.includes('/p2p-circuit') === relayed
  )
  if (found === undefined) throw new Error(`no ${part} among ${addresses.join(' ')}`)
  return found
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}

async function dialAndEcho(address: string, length: number): Promise<Libp2p> {
  const node = await start()
  const connection = await node.dial(multiaddr(address))
  const stream = await connection.newStream(ECHO)
  const bytes = bytesOf(length)
  expect(same(await exchange(stream, bytes), bytes)).toBe(true)
  return node
}

const TALKS = [
  ['/ws/', ['ours', 'stock']],
  ['/webrtc-direct/', ['ours', 'stock']],
  ['/webrtc/', ['ours']]
] as const

describe.each(TALKS)('a page over %s', (kind, all) => {
  it.each(all)('talks to a node in Node: %s', async (whose) => {
    const node = await dialAndEcho(pick(peers[whose], kind), 1_000_000)
    const connection = node.getConnections().find(({ direct, remoteAddr }) => {
      return direct && String(remoteAddr).includes(kind)
    })
    expect(connection?.status).toBe('open')
    expect(connection?.limits).toBeUndefined()
    // WebRTC encrypts by itself
    if (kind === '/ws/') {
      const suite = whose === 'ours' ? '/noise-mlkem768-hfs/0.2.0' : '/noise'
      expect(connection?.encryption).toBe(suite)
    }
    expect(connection?.encryption).toBe(kind === '/ws/' ? NOISE[whose] : 'native')
  })

  it('has channels to a node of ours', async () => {
    const address = pick(peers.ours, kind)
    const node = await start()
    const { remotePeer } = await node.dial(multiaddr(address))
    const connector = createConnector({ libp2p: node })
    const channel = await connector.open(peerId(String(remotePeer)), CHANNEL_ECHO)
    const bytes = bytesOf(channel.maxFrameLength)
    const sent = [channel.send(bytes), channel.send(bytes.subarray(1))]
    for (const expected of [bytes, bytes.subarray(1)]) {
      expect(same((await channel.receive())!, expected)).toBe(true)
    }
    await Promise.all(sent)
    await channel.close()
    await connector.stop()
  })
})

describe('a page of stock libp2p', () => {
  async function startStockPage(listen: readonly string[]): Promise<Libp2p> {
    const rtc = { rtcConfiguration: { iceServers: [] } }
    const transports = [webSockets(), webRTCDirect(rtc), webRTC(rtc), circuitRelayTransport()]
    const node = await startStock(transports, listen)
    nodes.push(node)
    await serveEcho(node)
    return node
  }

  it.each(['/ws/', '/webrtc-direct/', '/webrtc/'])('talks to Node over %s', async (kind) => {
    const node = await startStockPage([])
    const connection = await dialAgain(node, multiaddr(pick(peers.ours, kind)))
    const bytes = bytesOf(300_000)
    expect(same(await exchange(await connection.newStream(ECHO), bytes), bytes)).toBe(true)
  })

  it.each(['ours', 'stock'] as const)('talks to a page of ours, when %s dials', async (who) => {
    const listen = [`${pick(peers.stock, '/ws/')}/p2p-circuit`, '/webrtc']
    const [ours, stock] = [await start(listen), await startStockPage(listen)]
    await serveEcho(ours)
    const address = multiaddr(
      pick((who === 'ours' ? stock : ours).getMultiaddrs().map(String), '/webrtc/')
    )
    const connection = await (who === 'ours' ? ours.dial(address) : dialAgain(stock, address))
    expect(connection).toMatchObject({ direct: true, limits: undefined })
    const bytes = bytesOf(300_000)
    expect(same(await exchange(await connection.newStream(ECHO), bytes), bytes)).toBe(true)
  })
})

describe.skipIf(peers.go.length === 0)('a page and go-libp2p', () => {
  it.each(['/webtransport/', '/ws/', '/webrtc-direct/'])('talk over %s', async (kind) => {
    const node = await dialAndEcho(pick(peers.go, kind), 1_000_000)
    expect(node.getConnections()[0]?.remoteAddr.toString()).toContain(kind)
  })
})

it('a page is dialled from Node by WebRTC', async () => {
  const node = await start()
  await serveEcho(node)
  await node.dial(multiaddr(pick(peers.stock, '/ws/')))
  const address = await vi.waitUntil(
    () =>
      node
        .getMultiaddrs()
        .map(String)
        .find((own) => own.includes('/webrtc/')),
    { timeout: 10_000 }
  )
  const { remotePeer } = await node.dial(multiaddr(pick(peers.ours, '/ws/')))
  const connector = createConnector({ libp2p: node })
  const channel = await connector.open(peerId(String(remotePeer)), CALL_BACK)
  await channel.send(new TextEncoder().encode(address))
  expect(new TextDecoder().decode(await channel.receive())).toBe('/webrtc')
  await connector.stop()
})

describe('two nodes in the browser', () => {
  it.each([
    ['stock libp2p', () => pick(peers.stock, '/ws/')],
    ['the first one that they meet', undefined]
  ])('meet at a relay, %s, and go on by WebRTC', async (_, relay) => {
    const at = pick(peers.stock, '/ws/')
    const listener = await start(relay && [`${relay()}/p2p-circuit`, '/webrtc'])
    if (relay === undefined) await listener.dial(multiaddr(at))
    await serveEcho(listener)
    const address = await vi.waitUntil(
      () => listener.getMultiaddrs().find((candidate) => String(candidate).includes('/webrtc/')),
      { timeout: 10_000 }
    )
    const dialler = await start([])
    const connection = await dialler.dial(address)
    expect(connection).toMatchObject({ direct: true, limits: undefined, multiplexer: '/webrtc' })

    const [near, far] = [dialler, listener].map((libp2p) => createConnector({ libp2p }))
    const { promise: accepted, resolve } = Promise.withResolvers<Channel>()
    await far!.accept('/test/pages/1', resolve)
    const channel = await near!.open(peerId(String(listener.peerId)), '/test/pages/1')
    const other = await accepted
    const bytes = bytesOf(channel.maxFrameLength)
    const [, frame] = await Promise.all([channel.send(bytes), other.receive()])
    expect(same(frame!, bytes)).toBe(true)
    await channel.close()
    await Promise.all([near!.stop(), far!.stop()])
  })
})
