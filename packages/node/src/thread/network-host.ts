import type { NamedTensors, Port, Values } from '@daa-compute/allreduce'
import type { Clock } from '@daa-compute/interface'
import type { RoundValues } from '@daa-compute/state'
import type { SwarmConfig } from '../config.ts'
import { NodeError } from '../errors.ts'
import type { NetworkEvents, P2PNetwork } from '../network.ts'
import { type CallContext, createLink, type Link } from './link.ts'
import { createMetricsCollector, type MetricsCollector } from './metrics-batch.ts'
import { configFrom } from './config-from.ts'
import { hostGrid, type HostedGrid } from './grid-host.ts'
import type {
  CallerCalls,
  GridHandle,
  NetworkCalls,
  NetworkEvent,
  NetworkTells,
  PortableConfig,
  Reduction,
  ReductionNote,
  ReductionResult,
  ReplicaHandle,
  RunHandle
} from './protocol.ts'
import { hostReplica, type HostedReplica } from './replica-host.ts'
import { hostRun, type HostedRun } from './run-host.ts'

/** How often measurements cross, in ms. */
const METRICS_INTERVAL_MS = 250

/** How long calls may take to end once the node has stopped, in ms. */
const SETTLE_MS = 1_000

export interface NetworkHostInit {
  /** The caller's end is `remoteNetwork`'s. */
  readonly port: Port
  /** Makes the node, once the caller has said how. */
  readonly createNode: (config: SwarmConfig) => Promise<P2PNetwork>
  readonly clock: Clock
}

type CallerLink = Link<CallerCalls, NetworkTells>

/**
 * Runs a node for a caller on another thread. Needs nothing of that thread but a
 * port: it may be one of Node's or a worker of a browser.
 */
export function hostNetwork(init: NetworkHostInit): void {
  const host = new NetworkHost(init)
  host.start()
}

class NetworkHost {
  readonly #init: NetworkHostInit
  readonly #runs = new Map<RunHandle, HostedRun>()
  readonly #replicas = new Map<ReplicaHandle, HostedReplica>()
  readonly #grids = new Map<GridHandle, HostedGrid>()
  #link: CallerLink | undefined
  #node: P2PNetwork | undefined
  #endMetrics: () => void = () => undefined

  constructor(init: NetworkHostInit) {
    this.#init = init
  }

  start(): void {
    this.#link = createLink<CallerCalls, NetworkTells, NetworkCalls, Record<never, never>>({
      port: this.#init.port,
      tells: {},
      calls: {
        start: async (portable) => await this.#start(portable),
        bootstrap: async (_, { signal }) => await this.#running.bootstrap({ signal }),
        join: async ({ handle, runId, options }, { signal }) => {
          const run = await this.#running.join(runId, { ...options, signal })
          const hosted = hostRun({ run, handle, link: this.#caller, clock: this.#init.clock })
          this.#runs.set(handle, hosted)
          return hosted.started
        },
        reduce: async (reduction, context) => await this.#reduce(reduction, context),
        gradient: async (reduction, context) => await this.#gradient(reduction, context),
        revoke: async ({ run, revocation }) => await this.#run(run).run.revoke(revocation),
        renew: async ({ run, token }) => {
          await this.#run(run).run.renew(token)
          return undefined
        },
        leave: async ({ run: handle }) => {
          const hosted = this.#run(handle)
          try {
            await hosted.run.leave()
            return hosted.run.explain()
          } finally {
            this.#runs.delete(handle)
            hosted.stop()
          }
        },
        joinGrid: async ({ handle, gridId, options }, { signal }) => {
          const grid = await this.#running.joinGrid(gridId, { ...options, signal })
          const hosted = hostGrid({ grid, handle, link: this.#caller, clock: this.#init.clock })
          this.#grids.set(handle, hosted)
          return hosted.started
        },
        average: async ({ grid, values, options, isWatched }, context) => {
          const onProgress = isWatched ? this.#progress(context) : undefined
          const given = { signal: context.signal, onProgress }
          return await this.#grid(grid).average(values as Float32Array, options, given)
        },
        leaveGrid: async ({ grid: handle }) => {
          const hosted = this.#grid(handle)
          this.#grids.delete(handle)
          return await hosted.leave()
        },
        replicate: async ({ run, replica, options }) => {
          const hosted = await hostReplica(this.#run(run).run, replica, options, this.#caller)
          this.#replicas.set(replica, hosted)
          return hosted.replica.revision
        },
        step: async ({ replica, values, options, isWatched }, context) => {
          const onProgress = isWatched ? this.#progress(context) : undefined
          const given = { signal: context.signal, onProgress }
          return await this.#replica(replica).step(values as RoundValues, options, given)
        },
        stopReplica: async ({ replica }) => {
          await this.#replica(replica).replica.stop()
          return undefined
        },
        stop: async (_, { others }) => {
          await this.#stop()
          await this.#unlessLong(others())
          return undefined
        }
      }
    })
  }

  async #start(portable: PortableConfig): Promise<NetworkCalls['start']['result']> {
    const link = this.#caller
    const config = configFrom(portable, link)
    const collector = portable.isMeasured ? createMetricsCollector() : undefined
    const node = await this.#init.createNode({ ...config, metrics: collector?.metrics })
    this.#node = node
    if (collector !== undefined) this.#endMetrics = this.#tellMetrics(collector, link)
    for (const name of EVENTS) forward(node, name, link)
    const { peerId, addresses, connections, peers } = node
    return { peerId, addresses, connections, peers }
  }

  async #reduce(reduction: Reduction, context: CallContext): Promise<ReductionResult> {
    const { run: handle, values, isWatched } = reduction
    const hosted = handle === undefined ? undefined : this.#run(handle)
    const options = {
      ...reduction.options,
      signal: context.signal,
      onProgress: isWatched ? this.#progress(context) : undefined
    }
    const end = hosted?.watch()
    try {
      const target = hosted?.run ?? this.#running
      const { values: __, ...rest } = await target.allReduce(
        values as Values | NamedTensors,
        options
      )
      return rest
    } finally {
      end?.()
    }
  }

  async #gradient(
    { values, options }: Reduction,
    { signal, note }: CallContext
  ): Promise<ReductionResult> {
    const node = this.#running
    await node.broadcastGradient(values as Float32Array, { ...options, signal })
    const aggregated = node.aggregatedGradient()
    const accepted: ReductionNote = { type: 'accepted' }
    note(accepted)
    const { values: _, ...rest } = await aggregated
    return rest
  }

  #progress({ note }: CallContext): (done: number, total: number) => void {
    return (done, total) => {
      const progress: ReductionNote = { type: 'progress', done, total }
      // of a caller that is busy, the last one is what it wants to know
      if (this.#caller.hasRoom || done === total) note(progress)
    }
  }

  #tellMetrics(collector: MetricsCollector, link: CallerLink): () => void {
    const { clock } = this.#init
    const tell = (): void => {
      const batch = link.hasRoom ? collector.take() : undefined
      if (batch !== undefined) link.tell('metrics', batch)
    }
    let cancel: () => void
    const later = (): void => {
      cancel = clock.schedule(METRICS_INTERVAL_MS, () => {
        tell()
        later()
      })
    }
    later()
    return () => {
      cancel()
      tell()
    }
  }

  async #stop(): Promise<void> {
    try {
      await this.#node?.stop()
    } finally {
      for (const hosted of [...this.#runs.values(), ...this.#grids.values()]) hosted.stop()
      this.#endMetrics()
    }
  }

  /** Calls end with the node; one that does not is no reason to keep it. */
  async #unlessLong(work: Promise<void>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = this.#init.clock.schedule(SETTLE_MS, resolve)
    await Promise.race([work, late])
    cancel()
  }

  get #caller(): CallerLink {
    if (this.#link === undefined) throw new TypeError('the host has not been started')
    return this.#link
  }

  get #running(): P2PNetwork {
    if (this.#node === undefined) throw new NodeError('STOPPED', 'the node has not started', {})
    return this.#node
  }

  #replica(handle: ReplicaHandle): HostedReplica {
    const replica = this.#replicas.get(handle)
    if (replica === undefined) throw new RangeError(`there is no replica ${handle}`)
    return replica
  }

  #grid(handle: GridHandle): HostedGrid {
    const grid = this.#grids.get(handle)
    if (grid === undefined) throw new RangeError(`there is no grid ${handle}`)
    return grid
  }

  #run(handle: RunHandle): HostedRun {
    const run = this.#runs.get(handle)
    if (run === undefined) throw new RangeError(`there is no run ${handle}`)
    return run
  }
}

/** What of a node's events is left out while the caller is busy: it says so again, or it is news only. */
const OPTIONAL_EVENTS: ReadonlySet<keyof NetworkEvents> = new Set([
  'connection:change',
  'connection:refused'
])

const EVENT_NAMES: Readonly<Record<keyof NetworkEvents, true>> = {
  'peer:connect': true,
  'peer:disconnect': true,
  'connection:open': true,
  'connection:change': true,
  'connection:close': true,
  'connection:refused': true,
  'bootstrap:failed': true,
  'addresses:change': true,
  'thread:lost': true
}
const EVENTS = Object.keys(EVENT_NAMES) as (keyof NetworkEvents)[]

function forward(node: P2PNetwork, name: keyof NetworkEvents, link: CallerLink): void {
  node.on(name, (event) => {
    if (OPTIONAL_EVENTS.has(name) && !link.hasRoom) return
    link.tell('event', { name, event } as NetworkEvent)
  })
}
