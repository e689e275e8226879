import type { AllReduceResult, Grid, NamedTensors, Port, Values } from '@daa-compute/allreduce'
import type { BootstrapResult } from '@daa-compute/discovery'
import {
  type AbortOptions,
  createEmitter,
  type Emitter,
  type PeerId,
  unlessAborted
} from '@daa-compute/interface'
import type { ConnectionInfo } from '@daa-compute/transport'
import type { Passphrase } from '@daa-compute/transport/node'
import { checkGridOptions, checkJoinOptions } from '../check-config.ts'
import type { GridOptions, JoinOptions, SwarmConfig } from '../config.ts'
import { NodeError } from '../errors.ts'
import { GradientQueue } from '../gradient-queue.ts'
import type { NetworkEvents, P2PNetwork } from '../network.ts'
import type { JoinedRun, ReduceOptions } from '../run-of-node.ts'
import { createLink, type Link } from './link.ts'
import { record } from './metrics-batch.ts'
import { portableConfig, portableGridOptions, portableJoinOptions } from './portable.ts'
import type {
  CallerCalls,
  GridHandle,
  NetworkCalls,
  NetworkTells,
  RunHandle,
  StartedGrid,
  StartedNode
} from './protocol.ts'
import { NodeMirror } from './node-mirror.ts'
import { createReducer, type Reducer } from './reducer.ts'
import { RemoteGrid } from './remote-grid.ts'
import { ReplicaRegistry } from './remote-replica.ts'
import { RemoteRun } from './remote-run.ts'

/** The thread that a network is on, as the caller's thread sees it. */
export interface NetworkThread {
  /** Its other end was given to `hostNetwork`. */
  readonly port: Port
  /** Resolves when the thread has ended without having been told to, with why if that is known. */
  readonly lost: Promise<unknown>
  /** Ends the thread, and resolves when it has. Idempotent. */
  end(): Promise<void>
}

/**
 * Starts a node on a thread and stands for it on this one: it does the same, and what
 * can be asked at once is as the thread has told it last.
 *
 * @throws whatever `createNode` throws; {@link NodeError} `CANNOT_CROSS`, `THREAD_LOST`
 */
export async function connectNetwork(
  createThread: () => NetworkThread,
  config: SwarmConfig
): Promise<P2PNetwork> {
  const { portable, passphrase } = portableConfig(config)
  const network = new RemoteNetwork(createThread(), config, passphrase)
  try {
    await network.start(portable)
    return network
  } catch (error) {
    await network.end()
    throw error
  }
}

class RemoteNetwork implements P2PNetwork {
  readonly #thread: NetworkThread
  readonly #link: Link<NetworkCalls, Record<never, never>>
  readonly #reducer: Reducer
  readonly #events: Emitter<NetworkEvents> = createEmitter<NetworkEvents>()
  readonly #runs = new Map<RunHandle, RemoteRun>()
  readonly #grids = new Map<GridHandle, RemoteGrid>()
  readonly #replicas = new ReplicaRegistry()
  readonly #gradients = new GradientQueue()
  readonly #mirror = new NodeMirror()
  #peerId: PeerId | undefined
  #lastHandle = 0
  #stopped: Promise<void> | undefined
  #isOver = false

  constructor(thread: NetworkThread, config: SwarmConfig, passphrase: Passphrase | undefined) {
    const { logger, metrics } = config
    this.#thread = thread
    this.#link = createLink<NetworkCalls, Record<never, never>, CallerCalls, NetworkTells>({
      port: thread.port,
      calls: {
        passphrase: async () =>
          typeof passphrase === 'function' ? await passphrase() : (passphrase ?? ''),
        apply: async ({ replica, values, round }) => {
          await this.#replicas.get(replica)?.apply(values, round)
          return undefined
        }
      },
      tells: {
        event: (told) => {
          this.#mirror.apply(told)
          this.#events.emit(told.name, told.event)
        },
        runEvent: ({ run, event }) => this.#runs.get(run)?.onEvent(event),
        explanation: ({ run, explanation }) => this.#runs.get(run)?.onExplanation(explanation),
        gridEvent: ({ grid, event }) => this.#grids.get(grid)?.onEvent(event),
        gridExplanation: ({ grid, explanation }) =>
          this.#grids.get(grid)?.onExplanation(explanation),
        replicaEvent: ({ replica, event }) => this.#replicas.get(replica)?.onEvent(event),
        revision: ({ replica, revision }) => this.#replicas.get(replica)?.onRevision(revision),
        log: ({ level, message, fields }) => logger?.[level](message, fields),
        metrics: (batch) => {
          if (metrics !== undefined) record(batch, metrics)
        }
      }
    })
    this.#reducer = createReducer(this.#link)
    void thread.lost.then((cause) => this.#onLost(cause))
  }

  async start(portable: NetworkCalls['start']['args']): Promise<void> {
    const onResult = (started: StartedNode): void => {
      this.#peerId = started.peerId
      this.#mirror.begin(started)
    }
    await this.#link.call('start', portable, { onResult })
  }

  get peerId(): PeerId {
    // nobody has the node before it has started
    if (this.#peerId === undefined) throw new TypeError('the node has not started')
    return this.#peerId
  }

  get addresses(): readonly string[] {
    return this.#mirror.addresses
  }

  get peers(): readonly PeerId[] {
    return this.#mirror.peers
  }

  get connections(): readonly ConnectionInfo[] {
    return this.#mirror.connections
  }

  on<Name extends keyof NetworkEvents>(
    name: Name,
    listener: (event: NetworkEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  async bootstrap({ signal }: AbortOptions = {}): Promise<BootstrapResult> {
    return await unlessAborted(this.#link.call('bootstrap', undefined, { signal }), signal)
  }

  async join(runId: string, options: JoinOptions = {}): Promise<JoinedRun> {
    checkJoinOptions(options)
    const portable = portableJoinOptions(options)
    const handle = ++this.#lastHandle
    let run: RemoteRun | undefined
    const release = (): void => void this.#runs.delete(handle)
    await this.#link.call(
      'join',
      { handle, runId, options: portable },
      {
        signal: options.signal,
        onResult: (started) => {
          const replicas = this.#replicas
          const parts = { link: this.#link, reducer: this.#reducer, replicas, release }
          run = new RemoteRun({ id: runId, handle, started, ...parts })
          this.#runs.set(handle, run)
        }
      }
    )
    if (run === undefined) throw new TypeError('the run was joined and is not there')
    if (options.signal?.aborted === true) {
      // the thread was quicker than the signal
      await run.leave()
      options.signal.throwIfAborted()
    }
    return run
  }

  async joinGrid(gridId: string, options: GridOptions = {}): Promise<Grid> {
    checkGridOptions(options)
    const portable = portableGridOptions(options)
    const { signal } = options
    const handle = ++this.#lastHandle
    let grid: RemoteGrid | undefined
    const release = (): void => void this.#grids.delete(handle)
    const onResult = (started: StartedGrid): void => {
      const parts = { link: this.#link, reducer: this.#reducer, release }
      grid = new RemoteGrid({ id: gridId, handle, started, ...parts })
      this.#grids.set(handle, grid)
    }
    await this.#link.call('joinGrid', { handle, gridId, options: portable }, { signal, onResult })
    if (grid === undefined) throw new TypeError('the grid was joined and is not there')
    if (signal?.aborted === true) {
      // the thread was quicker than the signal
      await grid.leave()
      signal.throwIfAborted()
    }
    return grid
  }

  async allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: ReduceOptions
  ): Promise<AllReduceResult<Reduced>> {
    return await this.#reducer.reduce(undefined, values, options)
  }

  async broadcastGradient(gradient: Float32Array, options?: ReduceOptions): Promise<void> {
    const { accepted, result } = this.#reducer.gradient(gradient, options)
    await accepted
    this.#gradients.add(result)
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

  async #stop(): Promise<void> {
    try {
      // a thread that was lost has let go of everything
      if (!this.#isOver) await this.#link.call('stop', undefined)
    } finally {
      await this.end()
    }
  }

  /** Ends the thread, and what is waited for. */
  async end(): Promise<void> {
    this.#close(new NodeError('STOPPED', 'the node was stopped', {}))
    await this.#thread.end()
  }

  #onLost(cause: unknown): void {
    if (this.#isOver) return
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    const error = new NodeError(
      'THREAD_LOST',
      `the network's thread has ended${why}; values on shared memory that it was reducing may be neither what they were nor a result: go on from a copy with a new node`,
      {},
      { cause }
    )
    this.#close(error)
    this.#events.emit('thread:lost', { error })
  }

  #close(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const run of this.#runs.values()) run.onEnd(error)
    this.#runs.clear()
    for (const grid of this.#grids.values()) grid.onEnd(error)
    this.#grids.clear()
    this.#replicas.end()
    this.#mirror.clear()
    this.#link.close(error)
  }
}
