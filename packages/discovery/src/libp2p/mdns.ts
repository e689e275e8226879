import type { PeerDiscovery } from '@libp2p/interface'
import { mdns, type MulticastDNSComponents } from '@libp2p/mdns'

/** Finds peers on the local network by multicast DNS, over UDP sockets. */
export function localNetworkDiscovery(
  options: MdnsOptions
): (components: MulticastDNSComponents) => PeerDiscovery {
  return mdns(options)
}

/** How to look for peers on the local network. */
export interface MdnsOptions {
  /** Pause between queries, in ms. Default 10,000. */
  readonly interval?: number
  /** Service to ask for and answer to; peers with another one are not found. Default `_p2p._udp.local`. */
  readonly serviceTag?: string
  /** UDP port. Default 5353, that of mDNS. */
  readonly port?: number
}
