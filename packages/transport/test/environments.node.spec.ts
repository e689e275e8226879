import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import {
  browserPreset,
  cloudPreset,
  edgePreset,
  explainListenError,
  memoryPreset,
  mergePresets,
  tcpPreset,
  TransportError,
  webRtcPreset,
  webTransportPreset
} from '../src/index.ts'
import type { IceServer } from '../src/index.ts'
import { selfSigned } from './support/certificate.ts'

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

async function start(preset: ReturnType<typeof cloudPreset>): Promise<Libp2p> {
  const node = await createLibp2p(preset)
  nodes.push(node)
  return node
}

/** The protocols of a node's addresses, one set per transport. */
function kinds(node: Libp2p): Set<string> {
  const names = node.getMultiaddrs().map((address) =>
    address
      .getComponents()
      .map(({ name }) => name)
      .filter((name) => !['ip4', 'p2p', 'certhash'].includes(name))
      .join('/')
  )
  return new Set(names)
}

describe('cloudPreset', () => {
  it('listens for all that a server can', async () => {
    const node = await start(cloudPreset({ tls: await selfSigned() }))
    expect(kinds(node)).toEqual(new Set(['tcp', 'tcp/ws', 'tcp/tls/ws', 'udp/webrtc-direct']))
  })

  it('listens for no secure WebSocket without a certificate', async () => {
    expect(kinds(await start(cloudPreset()))).toEqual(
      new Set(['tcp', 'tcp/ws', 'udp/webrtc-direct'])
    )
  })
})

describe('edgePreset', () => {
  it('listens on its own network while there is no relay', async () => {
    expect(kinds(await start(edgePreset()))).toEqual(new Set(['tcp', 'tcp/ws']))
  })

  it('listens for secure WebSocket with a certificate', async () => {
    const node = await start(edgePreset({ tls: await selfSigned() }))
    expect(kinds(node)).toContain('tcp/tls/ws')
  })
})

describe.each([
  ['cloud', cloudPreset],
  ['edge', edgePreset],
  ['browser', browserPreset]
] as const)('the preset %s', (_, preset) => {
  it('is a fresh copy each time', () => {
    const edited = preset()
    const { length } = edited.transports
    edited.transports.push(...memoryPreset().transports)
    edited.addresses.listen.length = 0
    edited.connectionManager.maxConnections = 1
    const fresh = preset()
    expect(fresh.transports).toHaveLength(length)
    expect(fresh.addresses.listen).not.toEqual([])
    expect(fresh.connectionManager.maxConnections).not.toBe(1)
  })

  it('has no transport that is not post-quantum where that is required', () => {
    const strict = preset({ postQuantum: 'require' })
    expect(strict.transports.length).toBeLessThan(preset().transports.length)
    expect(strict.addresses.listen.join(' ')).not.toContain('webrtc')
  })
})

it.each([webRtcPreset, webTransportPreset])('%o refuses to be post-quantum', (preset) => {
  expect(() => preset({ postQuantum: 'require' })).toThrow(TransportError)
})

it.each([[undefined], [[]], [[{ urls: 'stun:127.0.0.1:3478' }]]])(
  'no preset goes only through servers of TURN where there are none: %o',
  (iceServers) => {
    expect(() => edgePreset({ iceServers, iceTransportPolicy: 'relay' })).toThrow(
      expect.objectContaining({ name: 'TransportError', code: 'NO_TURN_SERVER' })
    )
  }
)

it.each([
  ['relayed', 'BAD_ICE_TRANSPORT_POLICY'],
  ['', 'BAD_ICE_TRANSPORT_POLICY'],
  [null, 'BAD_ICE_TRANSPORT_POLICY']
])('no preset takes %j for iceTransportPolicy', (given, code) => {
  const iceTransportPolicy = given as 'relay'
  const refusal = expect.objectContaining({
    name: 'TransportError',
    code,
    detail: { value: given }
  })
  expect(() => cloudPreset({ iceTransportPolicy })).toThrow(refusal)
})

it.each([
  ['of no scheme', { urls: '127.0.0.1:3478' }],
  ['of the web', { urls: ['stun:127.0.0.1:3478', 'https://127.0.0.1'] }],
  ['of STUN over TLS', { urls: 'stuns:127.0.0.1:5349' }],
  ['without a host', { urls: 'stun:' }],
  ['without any', { urls: [] }],
  ['of the old name', { url: 'stun:127.0.0.1:3478' }],
  ['for TURN without a name', { urls: 'turn:127.0.0.1:3478', credential: 'secret' }],
  ['for TURN without a password', { urls: 'turns:127.0.0.1:3478', username: 'somebody' }]
])('no preset takes a server of STUN or TURN %s', (_, server) => {
  const iceServers = [{ urls: 'stun:127.0.0.1:3478' }, server as IceServer]
  expect(() => edgePreset({ iceServers })).toThrow(
    expect.objectContaining({
      name: 'TransportError',
      code: 'BAD_ICE_SERVER',
      detail: { index: 1 },
      message: expect.not.stringContaining('secret')
    })
  )
})

it('says where WebRTC-direct cannot listen', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const preset = cloudPreset()
  const taken = `/ip4/127.0.0.1/udp/${socket.address().port}/webrtc-direct`
  preset.addresses.listen = [taken]
  const error = await start(preset).catch((cause: unknown) => explainListenError(cause))
  expect(error).toMatchObject({ code: 'UDP_UNAVAILABLE', detail: { addresses: [taken] } })
  socket.close()
})

describe('mergePresets', () => {
  it('has the services of all, and the addresses of the first', () => {
    const merged = mergePresets(tcpPreset(), cloudPreset())
    expect(merged.services?.identify).toBeTypeOf('function')
    expect(mergePresets(cloudPreset(), memoryPreset()).addresses).toEqual(cloudPreset().addresses)
    expect(mergePresets(tcpPreset(), memoryPreset()).services).toBeUndefined()
  })
})
