import type { NamedTensors, Port, Values } from '@daa-compute/allreduce'
import type { Clock } from '@daa-compute/interface'
import type { RoundValues } from '@daa-compute/state'
import type { SwarmConfig } from '../config.ts'
import { NodeError } from '../errors.ts'
import type { P2PNetwork } from '../network.ts'
import type { CallerLink } from './caller-link.ts'
import { type CallContext, createLink } from './link.ts'
import { createMetricsCollector } from './metrics-batch.ts'
import { configFrom } from './config-from.ts'
import { hostGrid, type HostedGrid } from './grid-host.ts'
import { Handles } from './handles.ts'
import type {
  CallerCalls,
  GridHandle,
  NetworkCalls,
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
import { tellEvents } from './tell-events.ts'
import { tellMetrics } from './tell-metrics.ts'

/** How long calls may take to end once the node has stopped, in ms. */
const SETTLE_MS = 1_000

export interface NetworkHostInit {
  /** The caller's end is `remoteNetwork`'s. */
  readonly port: Port
  /** Makes the node, once the caller has said how. */
  readonly createNode: (config: SwarmConfig) => Promise<P2PNetwork>
  readonly clock: Clock
}

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
  readonly #runs = new Handles<RunHandle, HostedRun>('run')
  readonly #replicas = new Handles<ReplicaHandle, HostedReplica>('replica')
  readonly #grids = new Handles<GridHandle, HostedGrid>('grid')
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
        revoke: async ({ run, revocation }) => await this.#runs.get(run).run.revoke(revocation),
        renew: async ({ run, token }) => {
          await this.#runs.get(run).run.renew(token)
          return undefined
        },
        leave: async ({ run: handle }) => {
          const hosted = this.#runs.get(handle)
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
          return await this.#grids.get(grid).average(values as Float32Array, options, given)
        },
        leaveGrid: async ({ grid: handle }) => {
          const hosted = this.#grids.get(handle)
          this.#grids.delete(handle)
          return await hosted.leave()
        },
        replicate: async ({ run, replica, options }) => {
          const hosted = await hostReplica(this.#runs.get(run).run, replica, options, this.#caller)
          this.#replicas.set(replica, hosted)
          return hosted.replica.revision
        },
        step: async ({ replica, values, options, isWatched }, context) => {
          const onProgress = isWatched ? this.#progress(context) : undefined
          const given = { signal: context.signal, onProgress }
          return await this.#replicas.get(replica).step(values as RoundValues, options, given)
        },
        stopReplica: async ({ replica }) => {
          await this.#replicas.get(replica).replica.stop()
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
    if (collector !== undefined) {
      this.#endMetrics = tellMetrics(collector, link, this.#init.clock)
    }
    tellEvents(node, link)
    const { peerId, addresses, connections, peers } = node
    return { peerId, addresses, connections, peers }
  }

  async #reduce(reduction: Reduction, context: CallContext): Promise<ReductionResult> {
    const { run: handle, values, isWatched } = reduction
    const hosted = handle === undefined ? undefined : this.#runs.get(handle)
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
}
