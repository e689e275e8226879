import type {
  Broadcast,
  DirectoryEvent,
  Logger,
  Metrics,
  PeerDirectory
} from '@daa-compute/interface'
import type { SimPeer } from '@daa-compute/simnet'
import { createRunDirectory, type RunDirectory, type RunDirectoryInit } from '../../src/index.ts'

export const RUN = 'mnist'

/** A directory on a simulated peer. */
export function simDirectory(peer: SimPeer, init: Partial<RunDirectoryInit> = {}): RunDirectory {
  return createRunDirectory({
    runId: RUN,
    incarnation: 1,
    self: () => ({ peer: peer.id, addresses: [`/sim/${peer.id}`], capabilities: {} }),
    broadcast: peer.broadcast,
    clock: peer.clock,
    random: peer.random,
    ...init
  })
}

/** Waits in virtual time. */
export function pass(peer: Pick<SimPeer, 'clock'>, ms: number): Promise<void> {
  return new Promise((resolve) => peer.clock.schedule(ms, resolve))
}

/** Ids of the peers a directory shows, in order. */
export function known(directory: PeerDirectory): string[] {
  return [...directory.peers()].map(({ peer }) => String(peer)).sort()
}

/** Everything a directory tells from now on, as `type peer`. */
export function record(directory: PeerDirectory): string[] {
  const events: string[] = []
  directory.watch((event: DirectoryEvent) => {
    events.push(`${event.type} ${event.type === 'leave' ? event.peer : event.record.peer}`)
  })
  return events
}

/** A broadcast that does not say who begins to listen: as between peers that are not connected. */
export function withoutSubscribers(broadcast: Broadcast): Broadcast {
  return {
    maxMessageLength: broadcast.maxMessageLength,
    publish: (...args) => broadcast.publish(...args),
    subscribe: (...args) => broadcast.subscribe(...args),
    onSubscriber: () => () => undefined
  }
}

/** Metrics that can be read: `name{label}` and its value. */
export function countingMetrics(): { metrics: Metrics; values: Map<string, number> } {
  const values = new Map<string, number>()
  const key = (name: string, labels: object = {}): string =>
    [name, ...Object.values(labels).map(String)].join(' ')
  const metrics: Metrics = {
    counter: (name) => ({
      add: (value, labels) => {
        const at = key(name, labels)
        values.set(at, (values.get(at) ?? 0) + value)
      }
    }),
    gauge: (name) => ({ set: (value, labels) => values.set(key(name, labels), value) }),
    histogram: () => ({ observe: () => undefined })
  }
  return { metrics, values }
}

/** A logger that keeps its warnings. */
export function keepingLogger(): { logger: Logger; warnings: string[] } {
  const warnings: string[] = []
  return {
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message) => {
        warnings.push(message)
      }
    },
    warnings
  }
}
