import type { AllReduceResult, Grid, NamedTensors, Values } from '@daa-compute/allreduce'
import { createCodec } from '@daa-compute/compression'
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
  createConnectionGuard,
  createConnectionMonitor,
  createConnector,
  type Identity,
  type StoppableConnector,
  systemClock
} from '@daa-compute/transport'
import { checkConfig, checkGridOptions, checkJoinOptions } from './check-config.ts'
import {
  codecOf,
  DEFAULT_RUN_ID,
  type GridOptions,
  type JoinOptions,
  type SwarmConfig
} from './config.ts'
import { disagreementOf } from './disagreement.ts'
import { enterGrid } from './enter-grid.ts'
import { enterRun } from './enter-run.ts'
import { NodeError } from './errors.ts'
import { GradientQueue } from './gradient-queue.ts'
import { identityOf, startLibp2p } from './libp2p.ts'
import type { NetworkEvents, P2PNetwork } from './network.ts'
import { forwardEvents } from './node-events.ts'
import type { RunParts } from './open-swarm.ts'
import type { JoinedRun, ReduceOptions } from './run-of-node.ts'

/**
 * Creates a node and starts it: when this resolves it listens and can be joined.
 *
 * @throws {NodeError} `BAD_CONFIG`, `UNKNOWN_FIELD` for one that is misspelt; with
 * `thread`, `CANNOT_CROSS`, `THREAD_LOST`
 * @throws {LimitsError} for a limit that is none
 * @throws {CodecError} for a codec or compression level that does not exist
 * @throws {IdentityError} for a key file or seed that cannot be used
 * @throws {ListenError} for an address that is taken or not this machine's
 * @throws {TransportError} for `postQuantum`, `iceServers` or `iceTransportPolicy` that cannot be
 */
export async function createNode(config: SwarmConfig = {}): Promise<P2PNetwork> {
  checkConfig(config)
  if (config.thread === true) {
    // who has no thread need not load what makes one
    const { connectNetwork } = await import('./thread/remote-network.ts')
    const { createNetworkThread } = await import('./thread/network-thread.ts')
    return await connectNetwork(createNetworkThread, config)
  }
  const codec = codecOf(config)
  // a codec that does not exist should fail here, not at the first round
  await createCodec(codec)
  const identity = await identityOf(config)
  const { limits, metrics } = config
  const guard = createConnectionGuard({ limits, metrics, clock: systemClock })
  const libp2p = await startLibp2p(config, identity, guard)
  const network = new Libp2pNetwork(config, codec, identity, libp2p, guard)
  try {
    await network.start()
  } catch (error) {
    await network.stop()
    throw error
  }
  return network
}

class Libp2pNetwork implements P2PNetwork {
  readonly peerId: PeerId
  readonly #config: SwarmConfig
  readonly #codec: string
  readonly #identity: Identity
  readonly #libp2p: PubsubNode
  readonly #guard: ConnectionGuard
  readonly #monitor: ConnectionMonitor
  readonly #connector: StoppableConnector
  /** What runs send and receive by: the same, within the budget. */
  readonly #capped: Connector
  readonly #broadcast: Broadcast
  readonly #events: Emitter<NetworkEvents> = createEmitter<NetworkEvents>()
  readonly #runs = new Map<string, Promise<JoinedRun>>()
  readonly #grids = new Map<string, Promise<Grid>>()
  readonly #gradients = new GradientQueue()
  readonly #endings: (() => void)[] = []
  readonly #stopping = new AbortController()
  #bootstrapping: Promise<BootstrapResult> | undefined
  #stopped: Promise<void> | undefined

  constructor(
    config: SwarmConfig,
    codec: string,
    identity: Identity,
    libp2p: PubsubNode,
    guard: ConnectionGuard
  ) {
    this.#config = config
    this.#codec = codec
    this.#identity = identity
    this.#libp2p = libp2p
    this.#guard = guard
    const { metrics, budget = {} } = config
    this.#monitor = createConnectionMonitor({ libp2p, guard, clock: systemClock, metrics })
    const connector = createConnector({ libp2p, guard })
    this.#connector = connector
    this.#capped = capConnector({ connector, budget, clock: systemClock, metrics })
    this.#broadcast = createBroadcast({ libp2p })
    this.peerId = peerId(libp2p.peerId.toString())
  }

  async start(): Promise<void> {
    const libp2p = this.#libp2p
    const { logger, runId, budget } = this.#config
    this.#endings.push(
      forwardEvents({ libp2p, monitor: this.#monitor, guard: this.#guard }, this.#events),
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
    return this.#libp2p.getMultiaddrs().map(String)
  }

  get peers(): readonly PeerId[] {
    return this.#libp2p.getPeers().map((peer) => peerId(peer.toString()))
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
    const addresses = this.#config.bootstrapNodes ?? []
    // one attempt for all who ask: who gives up leaves it to the others
    this.#bootstrapping ??= bootstrap(this.#libp2p, addresses, {
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
    return await keep(this.#runs, runId, (forget) =>
      enterRun(this.#parts(), runId, options, forget)
    )
  }

  async joinGrid(gridId: string, options: GridOptions = {}): Promise<Grid> {
    this.#assertRunning()
    checkGridOptions(options)
    this.#assertNew(gridId)
    return await keep(this.#grids, gridId, (forget) =>
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
    return {
      config: this.#config,
      codec: this.#codec,
      identity: this.#identity,
      libp2p: this.#libp2p,
      connector: this.#capped,
      broadcast: this.#broadcast
    }
  }

  #assertNew(runId: string): void {
    if (!this.#runs.has(runId) && !this.#grids.has(runId)) return
    throw new NodeError('ALREADY_JOINED', `this node is in the run ${runId} already`, {
      run: runId
    })
  }

  /** The run the node itself is for, joined on first use. */
  async #ownRun(): Promise<JoinedRun> {
    const runId = this.#config.runId ?? DEFAULT_RUN_ID
    return await (this.#runs.get(runId) ?? this.join(runId))
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new NodeError('STOPPED', 'the node was stopped', {}))
    try {
      const runs = await Promise.allSettled([...this.#runs.values(), ...this.#grids.values()])
      const joined = runs.filter((run) => run.status === 'fulfilled')
      const left = await Promise.allSettled(joined.map(({ value }) => value.leave()))
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
      await this.#libp2p.stop()
    }
  }

  #assertRunning(): void {
    this.#stopping.signal.throwIfAborted()
  }
}

/**
 * Keeps what is being joined until it is forgotten. A join that ends late must not
 * forget the next one of the same name.
 */
async function keep<Joined>(
  all: Map<string, Promise<Joined>>,
  name: string,
  join: (forget: () => void) => Promise<Joined>
): Promise<Joined> {
  const forget = (): void => {
    if (all.get(name) === joining) all.delete(name)
  }
  const joining = join(forget)
  all.set(name, joining)
  joining.catch(forget)
  return await joining
}
