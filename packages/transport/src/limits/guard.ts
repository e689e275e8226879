import { createEmitter, peerId } from '@daa-compute/interface'
import type { Clock, EventSource, Metrics } from '@daa-compute/interface'
import type { Connection, ConnectionGater, Libp2p } from '@libp2p/interface'
import type { ConnectionManagerInit } from 'libp2p'
import { MAX_REMEMBERED_ADDRESSES, OUTBOUND_RESERVE } from '../constants.ts'
import { systemClock } from '../system-clock.ts'
import type { RefusalError } from './errors.ts'
import { createGates } from './gates.ts'
import { GuardedConnection } from './guarded-connection.ts'
import { GuardedConnections } from './guarded-connections.ts'
import { lookForIdle } from './idle.ts'
import { limitsOf } from './limits.ts'
import type { TransportLimits } from './limits.ts'
import { createLimitMetrics } from './metrics.ts'
import { createTokenBuckets } from './token-buckets.ts'

/** What a guard tells. */
export interface GuardEvents {
  /** A connection, a stream or a channel was refused or cut off. */
  refused: { readonly error: RefusalError }
}

/** What a connection has carried. */
export interface Traffic {
  /** Bytes of its transport, handshake and encryption included. */
  readonly received: number
  readonly sent: number
}

/** Options of {@link createConnectionGuard}. */
export interface ConnectionGuardInit {
  /** Those that are to differ from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<TransportLimits> | undefined
  /** Asked about every connection before the limits are. Default: none */
  readonly gater?: ConnectionGater | undefined
  /** Default: the platform's */
  readonly clock?: Clock | undefined
  readonly metrics?: Metrics | undefined
}

/** Holds a node to its limits. One guard is for one node. */
export interface ConnectionGuard extends EventSource<GuardEvents> {
  readonly limits: TransportLimits
  /**
   * To be spread into what `createLibp2p` takes, after a transport preset. If that
   * has a `connectionGater`, as `browserPreset` may, give it to the guard as its `gater`.
   */
  readonly preset: {
    readonly connectionGater: ConnectionGater
    readonly connectionManager: ConnectionManagerInit
  }
  /**
   * Watches the streams and the idleness of the connections of the node that was
   * made with the preset.
   *
   * @returns a function that ends it
   */
  watch(libp2p: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>): () => void
  /** What a connection of the node has carried so far; `undefined` for another node's. */
  traffic(connection: Connection): Traffic | undefined
  /** Why this end cut a connection off, if it did. */
  refusalOf(connection: Connection): RefusalError | undefined
  /** Counts and tells of a refusal that was decided elsewhere. */
  report(error: RefusalError): void
}

/**
 * Makes a guard: the limits of a node, as far as libp2p lets itself be asked,
 * by its gater, and beyond.
 *
 * libp2p's own limits on inbound connections are lifted in its favour, because
 * they refuse without saying why, and know neither /64 networks nor a clock
 * from outside.
 *
 * @throws {LimitsError} `BAD_LIMIT`
 */
export function createConnectionGuard(init: ConnectionGuardInit = {}): ConnectionGuard {
  const limits = limitsOf(init.limits)
  const { clock = systemClock, gater = {} } = init
  const metrics = createLimitMetrics(init.metrics)
  const events = createEmitter<GuardEvents>()
  const connections = new GuardedConnections()

  function report(error: RefusalError): void {
    metrics.refused(error.code)
    events.emit('refused', { error })
  }

  function measure(): void {
    metrics.handshakes(connections.count(({ phase }) => phase === 'handshake'))
    metrics.connections(connections.count(({ phase }) => phase === 'open'))
  }

  const connectionGater = createGates({
    ...{ limits, connections, gater },
    buckets: createTokenBuckets({
      perSecond: limits.connectionsPerSecond,
      burst: limits.connectionBurst,
      capacity: MAX_REMEMBERED_ADDRESSES,
      now: () => clock.now()
    }),
    guard(maConn, direction) {
      const guarded = new GuardedConnection({
        ...{ maConn, direction, limits, clock },
        onRefused: report,
        unreadOf: (peer) => connections.unreadOf(peer),
        onOver(over) {
          connections.delete(over)
          measure()
        }
      })
      connections.add(maConn, guarded)
      guarded.checkEnded()
      measure()
      return guarded
    },
    onRefused: report,
    onOpen(guarded) {
      metrics.shookHands(guarded.direction, guarded.open())
      measure()
    }
  })

  return {
    limits,
    preset: { connectionGater, connectionManager: connectionManagerOf(limits) },
    on: (name, listener) => events.on(name, listener),
    watch(libp2p) {
      const onOpen = ({ detail }: CustomEvent<Connection>): void => {
        connections.of(detail)?.attach(detail, peerId(detail.remotePeer.toString()))
      }
      libp2p.addEventListener('connection:open', onOpen)
      const stopLooking = lookForIdle(connections, limits, clock)
      return () => {
        libp2p.removeEventListener('connection:open', onOpen)
        stopLooking()
        for (const guarded of connections) guarded.release()
      }
    },
    traffic: (connection) => connections.of(connection),
    refusalOf: (connection) => connections.of(connection)?.refusal,
    report
  }
}

/** What libp2p limits by itself, set so that the guard is asked first. */
function connectionManagerOf(limits: TransportLimits): ConnectionManagerInit {
  return {
    maxConnections: limits.maxConnections + OUTBOUND_RESERVE,
    maxIncomingPendingConnections: Infinity,
    inboundConnectionThreshold: Infinity,
    // these fire if the clock of the guard does not
    inboundUpgradeTimeout: 2 * timeoutOf(limits.handshakeTimeoutMs),
    inboundStreamProtocolNegotiationTimeout: 2 * timeoutOf(limits.streamTimeoutMs)
  }
}

/** Timers of platforms and signals take less than 2³¹ ms. */
function timeoutOf(ms: number): number {
  return Math.min(ms, 2 ** 30 - 1)
}
