import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { findChromium } from '@daa-compute/vitest/chromium'
import type { Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { webSocketPreset } from '../../src/index.ts'
import type { TlsCertificate } from '../../src/index.ts'
import { selfSigned } from '../support/certificate.ts'
import { serveChannelEcho } from '../support/channel-echo.ts'
import { startGuarded } from '../support/guarded.ts'
import type { GuardedNode } from '../support/guarded.ts'
import { startStock } from '../support/stock.ts'
import { startTabs } from '../support/tabs.ts'
import type { Tabs } from '../support/tabs.ts'

const chromium = findChromium()
const LENGTH = 3_000_000

describe.skipIf(chromium === undefined)('a page of https:, in a tab of its own', () => {
  let trusted: TlsCertificate
  let tabs: Tabs
  let relay: Libp2p
  const servers: GuardedNode[] = []

  beforeAll(async () => {
    trusted = await selfSigned()
    tabs = await startTabs(chromium ?? '', trusted)
    relay = await startStock([webSockets()], ['/ip4/127.0.0.1/tcp/0/ws'], {
      relay: circuitRelayServer()
    })
  })

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()))
  })

  afterAll(async () => {
    await tabs.close()
    await relay.stop()
  })

  async function serve(tls: TlsCertificate): Promise<{ address: string; server: GuardedNode }> {
    const listen = ['/ip4/127.0.0.1/tcp/0/tls/ws']
    const server = await startGuarded({ preset: webSocketPreset({ tls }), listen })
    servers.push(server)
    await serveChannelEcho(server.connector)
    return { address: String(server.libp2p.getMultiaddrs()[0]), server }
  }

  it('dials a node of ours by secure WebSocket, with the certificate that it was given', async () => {
    const { address } = await serve(trusted)
    expect(address).toContain('/tls/ws/')
    const tab = await tabs.open([])
    const peer = await tab.dial(address)
    expect(await tab.exchange(peer, LENGTH)).toBe(LENGTH)
    expect(await tab.links(peer)).toMatchObject([
      { transport: 'secure-websocket', relayed: false, encryption: { postQuantum: true } }
    ])
  })

  it('does not dial one with a certificate that it does not trust', async () => {
    const { address, server } = await serve(await selfSigned())
    const tab = await tabs.open([])
    await expect(tab.dial(address)).rejects.toBeInstanceOf(Error)
    expect(server.libp2p.getConnections()).toEqual([])
  })

  it('meets another tab at a relay, and they go on by WebRTC', async () => {
    const at = `${String(relay.getMultiaddrs()[0])}/p2p-circuit`
    const [near, far] = await Promise.all([tabs.open([]), tabs.open([at, '/webrtc'])])
    const address = await vi.waitUntil(
      async () => (await far.addresses()).find((own) => own.includes('/webrtc/')),
      { timeout: 20_000 }
    )
    const peer = await near.dial(address)
    // more than a relay would carry
    expect(await near.exchange(peer, LENGTH)).toBe(LENGTH)
    const links = await near.links(peer)
    expect(links).toContainEqual(expect.objectContaining({ transport: 'webrtc', relayed: false }))
    await relay.stop()
    expect(await near.exchange(peer, 1000)).toBe(1000)
  })
})
