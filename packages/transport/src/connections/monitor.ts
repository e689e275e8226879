import { createEmitter } from '@daa-compute/interface'
import type { Clock, EventSource, Metrics } from '@daa-compute/interface'
import type { Connection, Libp2p } from '@libp2p/interface'
import { inFlightOf, sumInFlight } from '../channel/in-flight.ts'
import { ROUND_TRIP_INTERVAL_MS, THROUGHPUT_SAMPLE_MS } from '../constants.ts'
import { checkAmount } from '../limits/check-amount.ts'
import type { RefusalError } from '../limits/errors.ts'
import type { ConnectionGuard } from '../limits/guard.ts'
import { systemClock } from '../system-clock.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { createConnectionMetrics } from './metrics.ts'
import { MonitoredConnection } from './monitored-connection.ts'
import { answerPings } from './ping.ts'
import { measureRoundTrips } from './round-trips.ts'

/** What a monitor tells. */
export interface ConnectionEvents {
  'connection:open': { readonly connection: ConnectionInfo }
  /** Its round trip was measured, or its throughput is another: once per second at most for the latter. */
  'connection:change': { readonly connection: ConnectionInfo }
  /** It has ended; `refusal` says why if this end cut it off for what the remote did. */
  'connection:close': {
    readonly connection: ConnectionInfo
    readonly refusal: RefusalError | undefined
  }
}

/** Options of {@link createConnectionMonitor}. */
export interface ConnectionMonitorInit {
  /** A node made with the preset of the guard; it stays the caller's to stop. */
  readonly libp2p: Pick<
    Libp2p,
    'addEventListener' | 'removeEventListener' | 'getConnections' | 'handle' | 'unhandle'
  >
  /** The node's guard: it counts bytes, and the monitor has it watch the node. */
  readonly guard: ConnectionGuard
  /** Default: the platform's */
  readonly clock?: Clock | undefined
  readonly metrics?: Metrics | undefined
  /** How often round trips are measured, in ms, besides once at the beginning. Default 15 s */
  readonly roundTripIntervalMs?: number | undefined
}

/** The connections of a node, as they are and as they change. */
export interface ConnectionMonitor extends EventSource<ConnectionEvents> {
  /** Those that are open at this moment, the oldest first. */
  readonly connections: readonly ConnectionInfo[]
  /** Ends it, and the guard's watch; the node and its connections go on. Idempotent. */
  stop(): Promise<void>
}

/**
 * Watches the connections of a node.
 *
 * @throws {LimitsError} `BAD_LIMIT` for an interval that is no number above 0
 */
export function createConnectionMonitor(init: ConnectionMonitorInit): ConnectionMonitor {
  return new GuardedMonitor(init)
}

class GuardedMonitor implements ConnectionMonitor {
  readonly #init: ConnectionMonitorInit
  readonly #clock: Clock
  readonly #metrics: ReturnType<typeof createConnectionMetrics>
  readonly #events = createEmitter<ConnectionEvents>()
  readonly #monitored = new Map<Connection, MonitoredConnection>()
  readonly #stopping = new AbortController()
  readonly #unwatch: () => void
  readonly #answering: Promise<() => Promise<void>>
  #cancelSample: (() => void) | undefined
  #stopped: Promise<void> | undefined

  constructor(init: ConnectionMonitorInit) {
    checkAmount('roundTripIntervalMs', init.roundTripIntervalMs ?? ROUND_TRIP_INTERVAL_MS)
    this.#init = init
    this.#clock = init.clock ?? systemClock
    this.#metrics = createConnectionMetrics(init.metrics)
    const { libp2p, guard } = init
    this.#unwatch = guard.watch(libp2p)
    libp2p.addEventListener('connection:open', this.#onOpen)
    libp2p.addEventListener('connection:close', this.#onClose)
    for (const connection of libp2p.getConnections()) this.#add(connection)
    this.#answering = answerPings(libp2p, this.#clock)
    // who stops it hears of what went wrong
    this.#answering.catch(ignore)
  }

  get connections(): readonly ConnectionInfo[] {
    return [...this.#monitored.values()].map(({ info }) => info)
  }

  on<Name extends keyof ConnectionEvents>(
    name: Name,
    listener: (event: ConnectionEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { libp2p } = this.#init
    libp2p.removeEventListener('connection:open', this.#onOpen)
    libp2p.removeEventListener('connection:close', this.#onClose)
    this.#stopping.abort()
    this.#cancelSample?.()
    this.#monitored.clear()
    this.#measureInFlight()
    this.#unwatch()
    const endAnswers = await this.#answering
    await endAnswers()
  }

  readonly #onOpen = ({ detail }: CustomEvent<Connection>): void => this.#add(detail)

  readonly #onClose = ({ detail }: CustomEvent<Connection>): void => {
    const monitored = this.#monitored.get(detail)
    if (monitored === undefined) return
    this.#note(monitored)
    this.#monitored.delete(detail)
    // nobody looks again after the last one
    if (this.#monitored.size === 0) this.#measureInFlight()
    const refusal = this.#init.guard.refusalOf(detail)
    this.#events.emit('connection:close', { connection: monitored.info, refusal })
  }

  #add(connection: Connection): void {
    if (this.#monitored.has(connection)) return
    const nothing = { received: 0, sent: 0 }
    const traffic = (): typeof nothing => this.#init.guard.traffic(connection) ?? nothing
    const monitored = new MonitoredConnection(connection, this.#clock, traffic)
    this.#monitored.set(connection, monitored)
    const { info } = monitored
    this.#metrics.opened(info)
    this.#events.emit('connection:open', { connection: info })
    this.#cancelSample ??= this.#clock.schedule(THROUGHPUT_SAMPLE_MS, this.#sample)
    measureRoundTrips({
      connection,
      clock: this.#clock,
      intervalMs: this.#init.roundTripIntervalMs ?? ROUND_TRIP_INTERVAL_MS,
      signal: this.#stopping.signal,
      onMeasured: (ms) => {
        monitored.rttMs = ms
        this.#metrics.roundTrip(ms)
        this.#tellChange(monitored)
      }
    })
  }

  /** One timer for all connections, while there are any. */
  readonly #sample = (): void => {
    this.#cancelSample = undefined
    if (this.#monitored.size === 0) return
    this.#cancelSample = this.#clock.schedule(THROUGHPUT_SAMPLE_MS, this.#sample)
    for (const monitored of this.#monitored.values()) {
      if (this.#note(monitored)) this.#tellChange(monitored)
    }
    this.#measureInFlight()
  }

  #measureInFlight(): void {
    this.#metrics.inFlight(sumInFlight([...this.#monitored.keys()].map(inFlightOf)))
  }

  #note(monitored: MonitoredConnection): boolean {
    const { received, sent, changed } = monitored.note()
    this.#metrics.carried(received, sent)
    return changed
  }

  #tellChange(monitored: MonitoredConnection): void {
    this.#events.emit('connection:change', { connection: monitored.info })
  }
}

function ignore(): void {}
