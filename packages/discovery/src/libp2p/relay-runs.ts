import type { Broadcast, Logger } from '@daa-compute/interface'
import type { SubscriptionChangeData } from '@libp2p/gossipsub'
import { DEFAULT_MAX_RELAYED_RUNS, MAX_WAITING_RUNS, RUN_TOPIC_PREFIX } from '../constants.ts'
import type { PubsubNode } from './types.ts'

/** What {@link relayRuns} is made of. */
export interface RelayRunsInit {
  readonly libp2p: PubsubNode
  /** Made by {@link createBroadcast} from the same node. */
  readonly broadcast: Broadcast
  /** Runs to relay at once; others wait until one ends. Default 64. */
  readonly maxRuns?: number | undefined
  readonly logger?: Logger | undefined
}

/**
 * Passes on the announcements of runs that this node takes no part in.
 *
 * Gossipsub relays only what a node has subscribed to. So peers that know
 * nobody but a bootstrap node find each other only if that node is in their
 * run, or does this: it subscribes to the topic of every run that a connected
 * peer is in, for as long as one is.
 *
 * @returns a function that ends it
 */
export function relayRuns(init: RelayRunsInit): () => void {
  const { libp2p, broadcast, logger } = init
  const maxRuns = init.maxRuns ?? DEFAULT_MAX_RELAYED_RUNS
  const { pubsub } = libp2p.services
  const relayed = new Map<string, () => void>()
  // first come, first served
  const waiting = new Set<string>()

  const review = (topic: string): void => {
    const release = relayed.get(topic)
    const wanted = pubsub.getSubscribers(topic).length > 0
    if (!wanted) {
      waiting.delete(topic)
      relayed.delete(topic)
      release?.()
    } else if (release === undefined && relayed.size < maxRuns) {
      waiting.delete(topic)
      relayed.set(
        topic,
        broadcast.subscribe(topic, () => undefined)
      )
    } else if (release === undefined && !waiting.has(topic)) {
      logger?.debug('a run is not relayed, there are too many', { topic, maxRuns })
      if (waiting.size < MAX_WAITING_RUNS) waiting.add(topic)
    }
  }
  const onSubscriptions = ({ detail }: CustomEvent<SubscriptionChangeData>): void => {
    for (const { topic } of detail.subscriptions) {
      if (topic.startsWith(RUN_TOPIC_PREFIX)) review(topic)
    }
  }
  // who disconnects unsubscribes from nothing
  const onHeartbeat = (): void => {
    for (const topic of [...relayed.keys(), ...waiting]) review(topic)
  }
  pubsub.addEventListener('subscription-change', onSubscriptions)
  pubsub.addEventListener('gossipsub:heartbeat', onHeartbeat)
  return () => {
    pubsub.removeEventListener('subscription-change', onSubscriptions)
    pubsub.removeEventListener('gossipsub:heartbeat', onHeartbeat)
    for (const release of relayed.values()) release()
    relayed.clear()
    waiting.clear()
  }
}
