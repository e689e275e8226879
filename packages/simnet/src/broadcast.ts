import type { AbortOptions, Broadcast, BroadcastMessage, PeerId } from '@daa-compute/interface'
import { MAX_MESSAGE_LENGTH } from './constants.ts'
import { SimnetError } from './errors.ts'
import { never, type Host } from './host.ts'
import { CONTROL, DATAGRAM, type Path } from './path.ts'
import type { World } from './world.ts'

type MessageHandler = (message: BroadcastMessage) => void
type SubscriberHandler = (peer: PeerId) => void

/** What the others' broadcasts need of one. */
interface Station {
  readonly host: Host
  /** The topics it listens on, and with what. */
  readonly subscriptions: Map<string, Set<MessageHandler>>
  readonly watchers: Map<string, Set<SubscriberHandler>>
}

/** The news that a peer listens on a topic. */
interface Notice {
  readonly topic: string
  readonly peer: PeerId
}

/**
 * Makes the broadcasts of one simulation: every message reaches each other peer that listens when
 * it arrives, once, each after its own delay and so in any order. As with gossip between connected
 * peers, a peer that is added learns who already listens.
 */
export function createEther(world: World): (host: Host) => Broadcast {
  const { paths, recorder } = world
  const stations = new Set<Station>()

  /** Each other peer, with the way there. */
  function* others(from: Host): Iterable<readonly [Station, Path]> {
    for (const station of stations) {
      if (station.host !== from) yield [station, paths.between(from.id, station.host.id)]
    }
  }

  function hear(station: Station, message: BroadcastMessage): void {
    const handlers = station.subscriptions.get(message.topic)
    if (handlers === undefined) return
    const { topic, from, data } = message
    recorder.note('hear', from, station.host.id, topic, data.length)
    // each listener its own bytes: what one does to them is not seen by the others
    for (const handler of [...handlers]) handler({ topic, from, data: data.slice() })
  }

  function noticeSubscriber(station: Station, { topic, peer }: Notice): void {
    for (const handler of [...(station.watchers.get(topic) ?? [])]) handler(peer)
  }

  /** A message that is lost where the way is blocked: gossip keeps it for seconds only. */
  function spread(host: Host, message: BroadcastMessage): void {
    const { topic, data } = message
    recorder.note('publish', host.id, undefined, topic, data.length)
    for (const [station, path] of others(host)) {
      path.carry(data.length, DATAGRAM, station.host, hear, station, message)
    }
  }

  function spreadNotice(host: Host, notice: Notice): void {
    for (const [station, path] of others(host)) {
      path.carry(0, undefined, station.host, noticeSubscriber, station, notice)
    }
  }

  return (host) => {
    const own: Station = { host, subscriptions: new Map(), watchers: new Map() }
    for (const station of stations) {
      for (const topic of station.subscriptions.keys()) {
        const notice = { topic, peer: station.host.id }
        const path = paths.between(station.host.id, host.id)
        path.carry(CONTROL, undefined, host, noticeSubscriber, own, notice)
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
      host.whenAwake(spread, host, message)
    }

    function subscribe(topic: string, handler: MessageHandler): () => void {
      if (!host.alive) return () => {}
      if (!own.subscriptions.has(topic)) {
        host.whenAwake(spreadNotice, host, { topic, peer: host.id })
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
