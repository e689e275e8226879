import { describe, expect, it } from 'vitest'
import { encryptionSuite } from '../../src/connections/encryption-suite.ts'
import { transportKind } from '../../src/connections/transport-kind.ts'

const ID = '12D3KooWAbcdefghijk'
const RELAY = `/ip4/192.0.2.1/udp/4001/webrtc-direct/certhash/uEi/p2p/${ID}/p2p-circuit`

describe('the transport of a connection', () => {
  it.each([
    [`/ip4/192.0.2.1/tcp/4001/p2p/${ID}`, 'tcp'],
    [`/ip4/192.0.2.1/tcp/4001/ws/p2p/${ID}`, 'websocket'],
    [`/ip4/192.0.2.1/tcp/4001/tls/ws/p2p/${ID}`, 'secure-websocket'],
    [`/dns4/peer.example/tcp/443/tls/sni/peer.example/ws`, 'secure-websocket'],
    [`/dns4/peer.example/tcp/443/wss`, 'secure-websocket'],
    [`/ip4/192.0.2.1/udp/4001/webrtc-direct/certhash/uEi/p2p/${ID}`, 'webrtc-direct'],
    [`/ip4/192.0.2.1/udp/4001/quic-v1/webtransport/certhash/uEi`, 'webtransport'],
    [`${RELAY}/p2p/${ID}`, 'circuit-relay'],
    [`/ip4/192.0.2.1/tcp/4001/tls/ws/p2p/${ID}/p2p-circuit`, 'circuit-relay'],
    [`${RELAY}/webrtc/p2p/${ID}`, 'webrtc'],
    [`/memory/x/p2p/${ID}`, 'memory'],
    // hosts have whatever name they like
    ['/dns4/ws/tcp/4001', 'tcp'],
    ['/dns/webrtc/tcp/4001/tls/sni/memory/ws', 'secure-websocket'],
    ['/dnsaddr/p2p-circuit/tcp/4001', 'tcp'],
    ['/memory/webrtc', 'memory'],
    ['/unix/tmp.sock', 'unknown']
  ])('%s is %s', (address, kind) => {
    expect(transportKind(address)).toBe(kind)
  })
})

describe('the encryption of a connection', () => {
  it.each([
    ['/noise', 'tcp', 'Noise X25519', false],
    ['/noise-mlkem768-hfs/0.2.0', 'tcp', 'Noise X25519 + ML-KEM-768', true],
    ['/tls/1.0.0', 'tcp', 'TLS 1.3', false],
    ['/plaintext/2.0.0', 'tcp', 'none', false],
    ['/my-own/1', 'tcp', '/my-own/1', false],
    ['native', 'webrtc', 'DTLS', false],
    ['native', 'webrtc-direct', 'DTLS', false],
    ['native', 'webtransport', 'TLS 1.3 over QUIC', false]
  ] as const)('%s over %s is %s', (protocol, transport, name, postQuantum) => {
    expect(encryptionSuite(protocol, transport)).toEqual({ protocol, name, postQuantum })
  })

  it('is none where nothing was agreed on', () => {
    const suite = { protocol: 'native', name: 'none', postQuantum: false }
    expect(encryptionSuite(undefined, 'memory')).toEqual(suite)
  })
})
