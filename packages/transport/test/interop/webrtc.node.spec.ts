import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { edgePreset } from '../../src/index.ts'
import { bytesOf, ECHO, exchange, serveEcho } from '../support/echo.ts'
import { disconnected } from '../support/eventually.ts'
import { startNode } from '../support/nodes.ts'
import { dialAgain, startStock } from '../support/stock.ts'

// its default is a list of public STUN servers
const rtc = { rtcConfiguration: { iceServers: [] } }

/** Dials may have to be made twice. */
let ours: Libp2p
let theirs: Libp2p
let relay: Libp2p

beforeAll(async () => {
  relay = await startStock([webSockets()], ['/ip4/127.0.0.1/tcp/0/ws'], {
    relay: circuitRelayServer()
  })
  const reachable = String(relay.getMultiaddrs()[0])
  const listen = ['/ip4/127.0.0.1/udp/0/webrtc-direct', `${reachable}/p2p-circuit`, '/webrtc']
  ours = await startNode({ preset: edgePreset, listen: () => '' }, listen)
  theirs = await startStock(
    [webSockets(), webRTC(rtc), webRTCDirect(rtc), circuitRelayTransport()],
    listen
  )
  await Promise.all([serveEcho(ours), serveEcho(theirs)])
})

afterAll(async () => {
  await Promise.all([ours, theirs, relay].map((node) => node.stop()))
})

afterEach(async () => {
  for (const [node, other] of [
    [ours, theirs],
    [theirs, ours]
  ] as const) {
    for (const connection of node.getConnections(other.peerId)) {
      connection.abort(new Error('the test is over'))
    }
  }
  await disconnected(ours, theirs.peerId)
  await disconnected(theirs, ours.peerId)
})

/** The address of a node that ends in the given protocols, before its peer id. */
function address(node: Libp2p, kind: 'webrtc-direct' | 'webrtc' | 'relayed'): Multiaddr {
  const found = node.getMultiaddrs().find((candidate) => {
    const names = new Set(candidate.getComponents().map(({ name }) => name))
    if (kind === 'relayed') return names.has('p2p-circuit') && !names.has('webrtc')
    return names.has(kind)
  })
  if (found === undefined) throw new Error(`no ${kind} among ${node.getMultiaddrs().join(' ')}`)
  return found
}

describe.each(['ours', 'theirs'] as const)('a stock libp2p node, when %s dials', (who) => {
  const pair = (): [Libp2p, Libp2p] => (who === 'ours' ? [ours, theirs] : [theirs, ours])

  it.each(['webrtc-direct', 'webrtc'] as const)('talks to us over %s', async (kind) => {
    const [dialler, listener] = pair()
    const target = address(listener, kind)
    const connection = await (dialler === ours ? ours.dial(target) : dialAgain(dialler, target))
    expect(connection).toMatchObject({ multiplexer: '/webrtc', direct: true, limits: undefined })
    const bytes = bytesOf(1_000_000)
    const stream = await connection.newStream(ECHO)
    expect(Buffer.compare(await exchange(stream, bytes), bytes)).toBe(0)
  })

  it('talks to us through a relay', async () => {
    const [dialler, listener] = pair()
    const connection = await dialler.dial(address(listener, 'relayed'))
    expect(connection).toMatchObject({ encryption: '/noise', direct: false })
    expect(connection.limits).toBeDefined()
    const stream = await connection.newStream(ECHO, { runOnLimitedConnection: true })
    const bytes = bytesOf(20_000)
    expect(Buffer.compare(await exchange(stream, bytes), bytes)).toBe(0)
  })
})
