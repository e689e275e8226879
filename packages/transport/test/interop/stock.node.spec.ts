import tls from 'node:tls'
import { memory } from '@libp2p/memory'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { Libp2pOptions } from 'libp2p'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  memoryPreset,
  tcpPreset,
  webSocketPreset,
  type TlsCertificate,
  type TransportPreset
} from '../../src/index.ts'
import { selfSigned } from '../support/certificate.ts'
import { bytesOf, ECHO, exchange, serveEcho } from '../support/echo.ts'
import { disconnected } from '../support/eventually.ts'
import { startNode } from '../support/nodes.ts'
import { startStock } from '../support/stock.ts'

const certificate: TlsCertificate = await selfSigned()
const https = { https: { cert: certificate.certificate, key: certificate.key } }

interface Case {
  readonly name: string
  readonly preset: () => TransportPreset
  readonly stock: () => NonNullable<Libp2pOptions['transports']>
  readonly listen: (of: string) => string
}

const CASES: readonly Case[] = [
  {
    name: 'TCP',
    preset: tcpPreset,
    stock: () => [tcp()],
    listen: () => '/ip4/127.0.0.1/tcp/0'
  },
  {
    name: 'WebSocket',
    preset: webSocketPreset,
    stock: () => [webSockets()],
    listen: () => '/ip4/127.0.0.1/tcp/0/ws'
  },
  {
    name: 'secure WebSocket',
    preset: () => webSocketPreset({ tls: certificate }),
    stock: () => [webSockets(https)],
    listen: () => '/ip4/127.0.0.1/tcp/0/tls/ws'
  },
  {
    name: 'memory',
    preset: memoryPreset,
    stock: () => [memory()],
    listen: (of) => `/memory/stock-spec-${of}`
  }
]

const authorities = tls.getCACertificates('default')
beforeAll(() => tls.setDefaultCACertificates([...authorities, certificate.certificate]))
afterAll(() => tls.setDefaultCACertificates(authorities))

describe.each(CASES)('a stock libp2p node over $name', ({ preset, stock, listen }) => {
  let ours: Libp2p
  let theirs: Libp2p

  beforeAll(async () => {
    ours = await startNode({ preset, listen: () => listen('ours') })
    theirs = await startStock(stock(), [listen('theirs')])
    await Promise.all([serveEcho(ours), serveEcho(theirs)])
  })

  afterAll(async () => {
    await Promise.all([ours.stop(), theirs.stop()])
  })

  afterEach(async () => {
    await Promise.all(ours.getConnections().map((connection) => connection.close()))
    // a dial would be given one that is about to close
    await disconnected(theirs)
  })

  // more than a window, so that updates of it go both ways
  const bytes = bytesOf(3_000_000)

  it.each(['ours', 'theirs'] as const)('talks to us when %s dials', async (who) => {
    const [dialler, listener] = who === 'ours' ? [ours, theirs] : [theirs, ours]
    const connection = await dialler.dial(listener.getMultiaddrs())
    expect(connection).toMatchObject({ encryption: '/noise', multiplexer: '/yamux/1.0.0' })
    const stream = await connection.newStream(ECHO)
    expect(Buffer.compare(await exchange(stream, bytes), bytes)).toBe(0)
    // and over streams that the listener opens
    const [back] = listener.getConnections(dialler.peerId)
    const other = await back?.newStream(ECHO)
    const few = bytesOf(10)
    expect(await exchange(other!, few)).toEqual(few)
  })
})
