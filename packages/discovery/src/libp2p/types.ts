import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'

/** A libp2p node with gossipsub as its `pubsub` service, as {@link discoveryPreset} configures it. */
export type PubsubNode = Libp2p<{ pubsub: GossipSub }>
