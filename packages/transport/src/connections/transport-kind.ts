/** What carries a connection. */
export type TransportKind =
  | 'tcp'
  | 'websocket'
  | 'secure-websocket'
  | 'webrtc'
  | 'webrtc-direct'
  | 'webtransport'
  | 'circuit-relay'
  | 'memory'
  | 'unknown'

/** By the part of a multiaddr that tells, the most telling first. */
const TELLING: readonly (readonly [string, TransportKind])[] = [
  ['webrtc-direct', 'webrtc-direct'],
  ['webrtc', 'webrtc'],
  ['webtransport', 'webtransport'],
  ['wss', 'secure-websocket'],
  ['tls', 'secure-websocket'],
  ['ws', 'websocket'],
  ['memory', 'memory'],
  ['tcp', 'tcp']
]

/** Parts of a multiaddr that are followed by a name of somebody's choice. */
const NAMED = /(?<=\/(?:dns|dns4|dns6|dnsaddr|sni|memory)\/)[^/]+/g

/** @param address the multiaddr of the remote end of a connection */
export function transportKind(address: string): TransportKind {
  const parts = address.replaceAll(NAMED, '').split('/')
  const relay = parts.lastIndexOf('p2p-circuit')
  if (relay >= 0) {
    // behind a relay's address WebRTC says that two have met by it, and need it no more
    return parts.includes('webrtc', relay) ? 'webrtc' : 'circuit-relay'
  }
  return TELLING.find(([part]) => parts.includes(part))?.[1] ?? 'unknown'
}
