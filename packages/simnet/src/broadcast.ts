import type { AbortOptions, Broadcast, BroadcastMessage, PeerId } from '@daa-compute/interface'
import { MAX_MESSAGE_LENGTH } from './constants.ts'
import { SimnetError } from './errors.ts'
import { never, type Host, type World } from './host.ts'

type MessageHandler = (message: BroadcastMessage) => void
type SubscriberHandler = (peer: PeerId) => void

/** What the others' broadcasts need of one. */
interface Station {
  readonly host: Host
  /** The topics it listens on, and with what. */
  readonly subscriptions: Map<string, Set<MessageHandler>>
  readonly watchers: Map<string, Set<SubscriberHandler>>
}

/**
 * Makes the broadcasts of one simulation: every message reaches each other peer that listens when
 * it arrives, once, each after its own delay and so in any order. As with gossip between connected
 * peers, a peer that is added learns who already listens.
 */
export function createEther(world: World): (host: Host) => Broadcast {
  const { scheduler, links } = world
  const stations = new Set<Station>()

  /** Does something at each other peer, after the delay of the way there. */
  function toOthers(from: Host, length: number, action: (station: Station) => void): void {
    for (const station of stations) {
      if (station.host === from) continue
      const timeMs = links.between(from.id, station.host.id).transmit(scheduler.now(), length)
      scheduler.at(timeMs, station.host, () => action(station))
    }
  }

  function hear(station: Station, message: BroadcastMessage): void {
    const handlers = station.subscriptions.get(message.topic)
    if (handlers === undefined) return
    const { topic, from, data } = message
    world.trace?.({
      timeMs: scheduler.now(),
      type: 'hear',
      from,
      to: station.host.id,
      on: topic,
      length: data.length
    })
    // each listener its own bytes: what one does to them is not seen by the others
    for (const handler of [...handlers]) handler({ topic, from, data: data.slice() })
  }

  function noticeSubscriber(station: Station, topic: string, peer: PeerId): void {
    for (const handler of [...(station.watchers.get(topic) ?? [])]) handler(peer)
  }

  return (host) => {
    const own: Station = { host, subscriptions: new Map(), watchers: new Map() }
    for (const station of stations) {
      for (const topic of station.subscriptions.keys()) {
        const timeMs = links.between(station.host.id, host.id).signal(scheduler.now())
        scheduler.at(timeMs, host, () => noticeSubscriber(own, topic, station.host.id))
      }
    }
    stations.add(own)
    host.onCrash.add(() => stations.delete(own))

    async function publish(
      topic: string,
      data: Uint8Array,
      options: AbortOptions = {}
    ): Promise<void> {
      if (!host.alive) return never()
      options.signal?.throwIfAborted()
      if (data.length > MAX_MESSAGE_LENGTH) throw tooLarge(data.length)
      const message = { topic, from: host.id, data: data.slice() }
      world.trace?.({
        timeMs: scheduler.now(),
        type: 'publish',
        from: host.id,
        on: topic,
        length: data.length
      })
      toOthers(host, data.length, (station) => hear(station, message))
    }

    function subscribe(topic: string, handler: MessageHandler): () => void {
      if (!host.alive) return () => {}
      if (!own.subscriptions.has(topic)) {
        toOthers(host, 0, (station) => noticeSubscriber(station, topic, host.id))
      }
      return addTo(own.subscriptions, topic, handler)
    }

    return {
      maxMessageLength: MAX_MESSAGE_LENGTH,
      publish,
      subscribe,
      onSubscriber: (topic, handler) => addTo(own.watchers, topic, handler)
    }
  }
}

/** Adds a handler to the set of a topic; the function it returns takes it out again. */
function addTo<Handler extends (argument: never) => void>(
  sets: Map<string, Set<Handler>>,
  topic: string,
  handler: Handler
): () => void {
  const set = sets.get(topic) ?? new Set()
  sets.set(topic, set)
  // one registration is one entry, also when a handler is given twice
  const entry = ((argument: never) => handler(argument)) as Handler
  set.add(entry)
  return () => {
    set.delete(entry)
    if (set.size === 0 && sets.get(topic) === set) sets.delete(topic)
  }
}

function tooLarge(length: number): Error {
  const limit = MAX_MESSAGE_LENGTH
  return new SimnetError(
    'MESSAGE_TOO_LARGE',
    `a message of ${length} bytes is longer than the ${limit} a broadcast takes: send it on a channel`,
    { length, limit }
  )
}
