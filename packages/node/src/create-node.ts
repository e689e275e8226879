import {
  type AllReduceOptions,
  type AllReduceResult,
  joinRun,
  type NamedTensors,
  type Values
} from '@daa-compute/allreduce'
import { createCodec, createErrorFeedback } from '@daa-compute/compression'
import {
  bootstrap,
  type BootstrapResult,
  type CapabilityFilter,
  connectDirectory,
  createBroadcast,
  createRunDirectory,
  dialDiscovered,
  type PubsubNode,
  relayRuns,
  type RunDirectory,
  wallClockIncarnation
} from '@daa-compute/discovery'
import {
  type AbortOptions,
  type Broadcast,
  createEmitter,
  type Emitter,
  type ErrorFeedback,
  type PeerId,
  peerId
} from '@daa-compute/interface'
import {
  type ConnectionGuard,
  type ConnectionInfo,
  type ConnectionMonitor,
  createConnectionGuard,
  createConnectionMonitor,
  createConnector,
  createSignatureVerifier,
  type Identity,
  type StoppableConnector
} from '@daa-compute/transport'
import { admissionOf } from './admission.ts'
import { checkRun } from './checked-run.ts'
import { codecOf, DEFAULT_RUN_ID, type JoinOptions, type SwarmConfig } from './config.ts'
import { NodeError } from './errors.ts'
import { GradientQueue } from './gradient-queue.ts'
import { identityOf, startLibp2p } from './libp2p.ts'
import type { NetworkEvents, P2PNetwork } from './network.ts'
import { forwardEvents } from './node-events.ts'
import { platformClock, platformHasher, platformRandom } from './platform.ts'
import { type JoinedRun, runOfNode } from './run-of-node.ts'
import { unlessAborted } from './unless-aborted.ts'

/**
 * Creates a node and starts it: when this resolves it listens and can be joined.
 *
 * @throws {NodeError} `BAD_CONFIG`
 * @throws {LimitsError} for a limit that is none
 * @throws {CodecError} for a codec or compression level that does not exist
 * @throws {IdentityError} for a key file or seed that cannot be used
 * @throws {ListenError} for an address that is taken or not this machine's
 */
export async function createNode(config: SwarmConfig = {}): Promise<P2PNetwork> {
  const codec = codecOf(config)
  // a codec that does not exist should fail here, not at the first round
  await createCodec(codec)
  const identity = await identityOf(config)
  const { limits, metrics } = config
  const guard = createConnectionGuard({ limits, metrics, clock: platformClock })
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
  readonly #broadcast: Broadcast
  readonly #events: Emitter<NetworkEvents> = createEmitter<NetworkEvents>()
  readonly #runs = new Map<string, Promise<JoinedRun>>()
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
    const { metrics } = config
    this.#monitor = createConnectionMonitor({ libp2p, guard, clock: platformClock, metrics })
    this.#connector = createConnector({ libp2p, guard })
    this.#broadcast = createBroadcast({ libp2p })
    this.peerId = peerId(libp2p.peerId.toString())
  }

  async start(): Promise<void> {
    const libp2p = this.#libp2p
    const { logger, runId } = this.#config
    this.#endings.push(
      forwardEvents({ libp2p, monitor: this.#monitor, guard: this.#guard }, this.#events),
      dialDiscovered(libp2p, { logger }),
      // others may know nobody but this node: it passes on their announcements, too
      relayRuns({ libp2p, broadcast: this.#broadcast, logger })
    )
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
      signal: this.#stopping.signal
    }).finally(() => {
      this.#bootstrapping = undefined
    })
    return await unlessAborted(this.#bootstrapping, signal)
  }

  async join(runId: string, options: JoinOptions = {}): Promise<JoinedRun> {
    this.#assertRunning()
    if (this.#runs.has(runId)) {
      throw new NodeError('ALREADY_JOINED', `this node is in the run ${runId} already`, {
        run: runId
      })
    }
    // a join that ends late must not forget the next one of the same run
    const forget = (): void => {
      if (this.#runs.get(runId) === joining) this.#runs.delete(runId)
    }
    const joining = this.#join(runId, options, forget)
    this.#runs.set(runId, joining)
    joining.catch(forget)
    return await joining
  }

  async allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: AllReduceOptions
  ): Promise<AllReduceResult<Reduced>> {
    const run = await this.#ownRun()
    return await run.allReduce(values, options)
  }

  async broadcastGradient(gradient: Float32Array, options?: AllReduceOptions): Promise<void> {
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

  async #join(runId: string, options: JoinOptions, forget: () => void): Promise<JoinedRun> {
    const { logger, metrics } = this.#config
    const {
      minPeers = this.#config.minPeers,
      admission = this.#config.admission,
      filter,
      signal,
      ...rest
    } = options
    signal?.throwIfAborted()
    const codec = await createCodec(options.codec ?? this.#codec)
    const { resultCodec } = options
    const ofResults = resultCodec === undefined ? undefined : await createCodec(resultCodec)
    const checked = checkRun({
      run: runId,
      connector: this.#connector,
      broadcast: this.#broadcast,
      admission: await admissionOf(admission, runId, this.peerId),
      metrics,
      logger
    })
    let directory: RunDirectory
    try {
      directory = this.#announce(runId, filter)
    } catch (error) {
      await checked.stop()
      throw error
    }
    const disconnectDirectory = connectDirectory(this.#libp2p, directory, { logger })
    let released: Promise<void> | undefined
    const release = (): Promise<void> => {
      forget()
      disconnectDirectory()
      released ??= Promise.all([directory.stop(), checked.stop()]).then(() => undefined)
      return released
    }
    try {
      const run = await joinRun({
        run: runId,
        connector: checked.connector,
        directory,
        clock: platformClock,
        random: platformRandom,
        hasher: platformHasher,
        signer: this.#identity.signer,
        verifier: createSignatureVerifier(),
        minPeers,
        logger,
        metrics,
        ...rest,
        codec,
        resultCodec: ofResults,
        errorFeedback: feedbackOf(options)
      })
      const joined = runOfNode(run, checked, release)
      if (signal?.aborted === true) {
        await joined.leave()
        signal.throwIfAborted()
      }
      return joined
    } catch (error) {
      await release()
      throw error
    }
  }

  #announce(runId: string, filter: CapabilityFilter | undefined): RunDirectory {
    const { logger, metrics, capabilities = {} } = this.#config
    return createRunDirectory({
      runId,
      incarnation: wallClockIncarnation(),
      self: () => ({ peer: this.peerId, addresses: this.addresses, capabilities }),
      broadcast: this.#broadcast,
      clock: platformClock,
      random: platformRandom,
      filter,
      metrics,
      logger
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
      const runs = await Promise.allSettled(this.#runs.values())
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

/** Residuals belong to one run: they are not handed from one to the next. */
function feedbackOf({ errorFeedback = false }: JoinOptions): ErrorFeedback | undefined {
  if (errorFeedback === false) return undefined
  return errorFeedback === true ? createErrorFeedback() : errorFeedback
}
