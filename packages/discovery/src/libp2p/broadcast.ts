import { type Broadcast, type BroadcastMessage, peerId } from '@daa-compute/interface'
import {
  type GossipSub,
  type Message,
  type SubscriptionChangeData,
  type TopicValidatorFn,
  TopicValidatorResult
} from '@libp2p/gossipsub'
import {
  MAX_BROADCAST_LENGTH,
  MAX_TRACKED_AUTHORS,
  RELAYS_PER_SECOND,
  RELAY_BURST
} from '../constants.ts'
import { createTokenBucket, type TokenBucket } from '../core/token-bucket.ts'
import { DiscoveryError } from '../errors.ts'
import type { PubsubNode } from './types.ts'

/** What a {@link Broadcast} over gossipsub is made of. */
export interface BroadcastInit {
  /** Started, with {@link discoveryPreset}'s services or another gossipsub that signs strictly. */
  readonly libp2p: PubsubNode
}

/**
 * A {@link Broadcast} over gossipsub.
 *
 * Messages carry their author's signature, which gossipsub has checked before
 * anybody sees them. Longer ones than 8 KiB, and those of an author who sends
 * more than 20 per second for long, are neither delivered nor passed on.
 *
 * A message reaches those who are connected, directly or through other
 * subscribers of the topic; a peer that has not subscribed passes nothing on
 * (see {@link relayRuns}).
 *
 * `publish` rejects with {@link DiscoveryError} `MESSAGE_TOO_LARGE` or
 * `PUBLISH_FAILED`, `subscribe` throws `SUBSCRIBE_FAILED`.
 */
export function createBroadcast({ libp2p }: BroadcastInit): Broadcast {
  const { pubsub } = libp2p.services
  const topics = topicsOf(libp2p)

  return {
    maxMessageLength: MAX_BROADCAST_LENGTH,

    publish: async (topic, data, options) => {
      options?.signal?.throwIfAborted()
      if (data.length > MAX_BROADCAST_LENGTH) {
        throw new DiscoveryError(
          'MESSAGE_TOO_LARGE',
          `a message of ${data.length} bytes is over the limit of ${MAX_BROADCAST_LENGTH}: broadcast is for announcements, send data over a channel`,
          { length: data.length, limit: MAX_BROADCAST_LENGTH }
        )
      }
      try {
        await pubsub.publish(topic, data)
      } catch (cause) {
        throw new DiscoveryError(
          'PUBLISH_FAILED',
          `gossipsub did not take a message for ${topic}: libp2p has to be started and not stopped`,
          { topic },
          { cause }
        )
      }
    },

    subscribe: (topic, handler) => {
      const listener = ({ detail }: CustomEvent<Message>): void => {
        if (detail.topic !== topic || detail.type !== 'signed') return
        const { from, data } = detail
        handler({ topic, from: peerId(from.toString()), data } satisfies BroadcastMessage)
      }
      topics.retain(topic)
      pubsub.addEventListener('message', listener)
      return once(() => {
        pubsub.removeEventListener('message', listener)
        topics.release(topic)
      })
    },

    onSubscriber: (topic, handler) => {
      const listener = ({ detail }: CustomEvent<SubscriptionChangeData>): void => {
        if (detail.subscriptions.some((change) => change.topic === topic && change.subscribe)) {
          handler(peerId(detail.peerId.toString()))
        }
      }
      pubsub.addEventListener('subscription-change', listener)
      return once(() => pubsub.removeEventListener('subscription-change', listener))
    }
  }
}

/** Counts who needs a topic, since gossipsub itself only knows subscribed or not. */
interface Topics {
  retain(topic: string): void
  release(topic: string): void
}

/** Of each gossipsub, shared by all broadcasts over it. */
const topicsOfPubsub = new WeakMap<GossipSub, Topics>()

function topicsOf(libp2p: PubsubNode): Topics {
  const { pubsub } = libp2p.services
  const shared = topicsOfPubsub.get(pubsub)
  if (shared !== undefined) return shared
  const topics = createTopics(libp2p)
  topicsOfPubsub.set(pubsub, topics)
  return topics
}

function createTopics(libp2p: PubsubNode): Topics {
  const { pubsub } = libp2p.services
  const counts = new Map<string, number>()
  const validate = createValidator()
  return {
    retain: (topic) => {
      const count = counts.get(topic) ?? 0
      if (count === 0) {
        try {
          pubsub.subscribe(topic)
        } catch (cause) {
          throw new DiscoveryError(
            'SUBSCRIBE_FAILED',
            `gossipsub did not subscribe to ${topic}: libp2p has to be started and not stopped`,
            { topic },
            { cause }
          )
        }
        pubsub.topicValidators.set(topic, validate)
      }
      counts.set(topic, count + 1)
    },
    release: (topic) => {
      const count = (counts.get(topic) ?? 0) - 1
      if (count > 0) {
        counts.set(topic, count)
        return
      }
      counts.delete(topic)
      pubsub.topicValidators.delete(topic)
      // a stopped gossipsub has forgotten the topic already, and throws
      if (libp2p.status === 'started') pubsub.unsubscribe(topic)
    }
  }
}

/** What is too long is its sender's fault; what comes too often is only not passed on. */
function createValidator(): TopicValidatorFn {
  const rates = new Map<string, TokenBucket>()
  return (_relay, message) => {
    if (message.type !== 'signed') return TopicValidatorResult.Reject
    if (message.data.length > MAX_BROADCAST_LENGTH) return TopicValidatorResult.Reject
    const author = message.from.toString()
    const now = performance.now()
    const rate = rates.get(author) ?? createTokenBucket(RELAY_BURST, RELAYS_PER_SECOND, now)
    rates.delete(author)
    rates.set(author, rate)
    for (const silent of rates.keys()) {
      if (rates.size <= MAX_TRACKED_AUTHORS) break
      rates.delete(silent)
    }
    return rate.take(now) ? TopicValidatorResult.Accept : TopicValidatorResult.Ignore
  }
}

function once(callback: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    callback()
  }
}
