import type { AllReduceResult, Grid, NamedTensors, Values } from '@daa-compute/allreduce'
import {
  bootstrap,
  type BootstrapResult,
  createBroadcast,
  dialDiscovered,
  type PubsubNode,
  relayRuns
} from '@daa-compute/discovery'
import {
  type AbortOptions,
  type Broadcast,
  type Connector,
  createEmitter,
  type Emitter,
  type PeerId,
  peerId,
  unlessAborted
} from '@daa-compute/interface'
import {
  capConnector,
  type ConnectionGuard,
  type ConnectionInfo,
  type ConnectionMonitor,
  createConnectionMonitor,
  createConnector,
  type Identity,
  type StoppableConnector,
  systemClock
} from '@daa-compute/transport'
import { checkGridOptions, checkJoinOptions } from './check-config.ts'
import { DEFAULT_RUN_ID, type GridOptions, type JoinOptions, type SwarmConfig } from './config.ts'
import { disagreementOf } from './disagreement.ts'
import { enterGrid } from './enter-grid.ts'
import { enterRun } from './enter-run.ts'
import { NodeError } from './errors.ts'
import { GradientQueue } from './gradient-queue.ts'
import { Memberships } from './memberships.ts'
import type { NetworkEvents, P2PNetwork } from './network.ts'
import { forwardEvents } from './node-events.ts'
import type { RunParts } from './open-swarm.ts'
import type { JoinedRun, ReduceOptions } from './run-of-node.ts'

/** What the network is made of. */
export interface Libp2pNetworkInit {
  readonly config: SwarmConfig
  /** The codec of rounds that name none. */
  readonly codec: string
  readonly identity: Identity
  readonly libp2p: PubsubNode
  readonly guard: ConnectionGuard
}

/** The network on the thread that made it. */
export class Libp2pNetwork implements P2PNetwork {
  readonly peerId: PeerId
  readonly #init: Libp2pNetworkInit
  readonly #monitor: ConnectionMonitor
  readonly #connector: StoppableConnector
  /** What runs send and receive by: the same, within the budget. */
  readonly #capped: Connector
  readonly #broadcast: Broadcast
  readonly #events: Emitter<NetworkEvents> = createEmitter<NetworkEvents>()
  readonly #runs = new Memberships<JoinedRun>()
  readonly #grids = new Memberships<Grid>()
  readonly #gradients = new GradientQueue()
  readonly #endings: (() => void)[] = []
  readonly #stopping = new AbortController()
  #bootstrapping: Promise<BootstrapResult> | undefined
  #stopped: Promise<void> | undefined

  constructor(init: Libp2pNetworkInit) {
    this.#init = init
    const { config, libp2p, guard } = init
    const { metrics, budget = {} } = config
    this.#monitor = createConnectionMonitor({ libp2p, guard, clock: systemClock, metrics })
    const connector = createConnector({ libp2p, guard })
    this.#connector = connector
    this.#capped = capConnector({ connector, budget, clock: systemClock, metrics })
    this.#broadcast = createBroadcast({ libp2p })
    this.peerId = peerId(libp2p.peerId.toString())
  }

  async start(): Promise<void> {
    const { libp2p, guard, config } = this.#init
    const { logger, runId, budget } = config
    this.#endings.push(
      forwardEvents({ libp2p, monitor: this.#monitor, guard }, this.#events),
      dialDiscovered(libp2p, { logger })
    )
    // others may know nobody but this node: it passes on their announcements, too
    if (budget?.metered !== true) {
      this.#endings.push(relayRuns({ libp2p, broadcast: this.#broadcast, logger }))
    }
    this.bootstrap().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      logger?.warn('bootstrap failed', { error })
      this.#events.emit('bootstrap:failed', { error })
    })
    if (runId !== undefined) await this.#ownRun()
  }

  get addresses(): readonly string[] {
    return this.#init.libp2p.getMultiaddrs().map(String)
  }

  get peers(): readonly PeerId[] {
    return this.#init.libp2p.getPeers().map((peer) => peerId(peer.toString()))
  }

  get connections(): readonly ConnectionInfo[] {
    return this.#monitor.connections
  }

  on<Name extends keyof NetworkEvents>(
    name: Name,
    listener: (event: NetworkEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  async bootstrap({ signal }: AbortOptions = {}): Promise<BootstrapResult> {
    this.#assertRunning()
    const { libp2p, config } = this.#init
    // one attempt for all who ask: who gives up leaves it to the others
    this.#bootstrapping ??= bootstrap(libp2p, config.bootstrapNodes ?? [], {
      signal: this.#stopping.signal,
      disagreement: disagreementOf
    }).finally(() => {
      this.#bootstrapping = undefined
    })
    return await unlessAborted(this.#bootstrapping, signal)
  }

  async join(runId: string, options: JoinOptions = {}): Promise<JoinedRun> {
    this.#assertRunning()
    checkJoinOptions(options)
    this.#assertNew(runId)
    return await this.#runs.add(runId, (forget) => enterRun(this.#parts(), runId, options, forget))
  }

  async joinGrid(gridId: string, options: GridOptions = {}): Promise<Grid> {
    this.#assertRunning()
    checkGridOptions(options)
    this.#assertNew(gridId)
    return await this.#grids.add(gridId, (forget) =>
      enterGrid(this.#parts(), gridId, options, forget)
    )
  }

  async allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: ReduceOptions
  ): Promise<AllReduceResult<Reduced>> {
    const run = await this.#ownRun()
    return await run.allReduce(values, options)
  }

  async broadcastGradient(gradient: Float32Array, options?: ReduceOptions): Promise<void> {
    const run = await this.#ownRun()
    this.#gradients.add(run.allReduce(gradient, options))
  }

  aggregatedGradient(): Promise<AllReduceResult> {
    return this.#gradients.next()
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #parts(): RunParts {
    const { config, codec, identity, libp2p } = this.#init
    const connector = this.#capped
    return { config, codec, identity, libp2p, connector, broadcast: this.#broadcast }
  }

  /** Runs and grids share their names. */
  #assertNew(name: string): void {
    this.#runs.assertNew(name)
    this.#grids.assertNew(name)
  }

  /** The run the node itself is for, joined on first use. */
  async #ownRun(): Promise<JoinedRun> {
    const runId = this.#init.config.runId ?? DEFAULT_RUN_ID
    return await (this.#runs.get(runId) ?? this.join(runId))
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new NodeError('STOPPED', 'the node was stopped', {}))
    try {
      const left = await Promise.allSettled([this.#runs.leaveAll(), this.#grids.leaveAll()])
      for (const outcome of left) if (outcome.status === 'rejected') throw outcome.reason
    } finally {
      await this.#disconnect()
    }
  }

  async #disconnect(): Promise<void> {
    for (const end of this.#endings.toReversed()) end()
    try {
      await this.#connector.stop()
      await this.#monitor.stop()
    } finally {
      await this.#init.libp2p.stop()
    }
  }

  #assertRunning(): void {
    this.#stopping.signal.throwIfAborted()
  }
}
