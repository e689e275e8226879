import { bootstrap, type BootstrapComponents } from '@libp2p/bootstrap'
import { type GossipSub, gossipsub, type GossipSubComponents } from '@libp2p/gossipsub'
import { identify, type Identify, type IdentifyComponents } from '@libp2p/identify'
import { KEEP_ALIVE, type PeerDiscovery } from '@libp2p/interface'
import type { MulticastDNSComponents } from '@libp2p/mdns'
import {
  MAX_INBOUND_FRAME_LENGTH,
  MAX_OUTBOUND_BUFFER_LENGTH,
  MESH_HIGH_WATER
} from '../constants.ts'
import { localNetworkDiscovery } from '#mdns'
import { parseAddress } from './address.ts'
import type { MdnsOptions } from './mdns.ts'

/** Where to look for peers. */
export interface DiscoveryPresetOptions {
  /**
   * Multiaddrs of peers to begin with. Those that name their peer (`…/p2p/…`)
   * are dialled one second after the start and again when their connection is
   * lost. Others are left to {@link bootstrap}, which also says what is wrong
   * with an address; nothing is thrown here.
   */
  readonly bootstrapNodes?: readonly string[] | undefined
  /**
   * Looks for peers on the local network by multicast DNS; not in browsers. They are
   * reported by libp2p's `peer:discovery` and dialled by {@link dialDiscovered}.
   * Default false.
   */
  readonly mdns?: boolean | MdnsOptions | undefined
}

type DiscoveryFactory = (components: BootstrapComponents & MulticastDNSComponents) => PeerDiscovery

/** A part of libp2p's configuration. */
export interface DiscoveryPreset {
  readonly peerDiscovery: DiscoveryFactory[]
  readonly services: {
    readonly identify: (components: IdentifyComponents) => Identify
    readonly pubsub: (components: GossipSubComponents) => GossipSub
  }
}

/**
 * What discovery needs of libp2p: a fragment to be merged into the one call of
 * `createLibp2p`.
 *
 * @throws {DiscoveryError} `MDNS_UNSUPPORTED` when `mdns` is asked for in a browser
 */
export function discoveryPreset(options: DiscoveryPresetOptions = {}): DiscoveryPreset {
  const peerDiscovery: DiscoveryFactory[] = []
  const list = (options.bootstrapNodes ?? []).filter(
    (address) => parseAddress(address)?.peer !== undefined
  )
  if (list.length > 0) {
    // the tag's name is what makes libp2p dial again when the connection is lost
    peerDiscovery.push(bootstrap({ list, tagName: `${KEEP_ALIVE}-bootstrap` }))
  }
  if (options.mdns !== undefined && options.mdns !== false) {
    peerDiscovery.push(localNetworkDiscovery(options.mdns === true ? {} : options.mdns))
  }
  return { peerDiscovery, services: { identify: identify(), pubsub: announcementPubsub() } }
}

/** Gossipsub for few, small messages in swarms of two to some hundred peers. */
function announcementPubsub(): (components: GossipSubComponents) => GossipSub {
  return gossipsub({
    globalSignaturePolicy: 'StrictSign',
    emitSelf: false,
    fallbackToFloodsub: false,
    // the first peer of a run has nobody to publish to, and that is no error
    allowPublishToZeroTopicPeers: true,
    // in a mesh of n peers a message comes up to n - 1 times; its signature is checked once
    fastMsgIdFn: signatureOf,
    // own messages go to every subscriber there is a connection to
    floodPublish: true,
    // and to all whom the mesh has no place for, by the next heartbeat's gossip
    gossipFactor: 1,
    Dhi: MESH_HIGH_WATER,
    // back in the mesh soon after a run was left and joined again
    unsubcribeBackoff: 1000,
    // announcements are small: a relayed connection carries them
    runOnLimitedConnection: true,
    // one message after the other: a flood waits in its own stream, not in memory
    awaitRpcHandler: true,
    awaitRpcMessageHandler: true,
    maxInboundDataLength: MAX_INBOUND_FRAME_LENGTH,
    maxOutboundBufferSize: MAX_OUTBOUND_BUFFER_LENGTH,
    // peers of one site share an address; more than ten of them would be graylisted
    scoreParams: { IPColocationFactorWeight: 0 }
  })
}

const latin1 = new TextDecoder('latin1')

/**
 * What tells messages apart before they are verified. Only verified ones are
 * remembered by it: who sends a known signature with other contents sends a duplicate.
 */
function signatureOf({ signature }: { readonly signature?: Uint8Array }): string {
  return latin1.decode(signature)
}
