import type { Clock, PeerId } from '@daa-compute/interface'
import { StreamCloseEvent } from '@libp2p/interface'
import type { Connection, MultiaddrConnection } from '@libp2p/interface'
import { tapBytes, tapStreams } from './byte-tap.ts'
import type { ByteTap } from './byte-tap.ts'
import { handshakeErrorOf } from '../noise/handshake/explain-handshake-error.ts'
import {
  handshakeFailed,
  handshakeTimedOut,
  handshakeTooLong,
  malformed
} from './connection-refusals.ts'
import type { RefusalError } from './errors.ts'
import type { TransportLimits } from './limits.ts'
import { limitStreamRate } from './stream-rate.ts'
import { StreamWatch } from './stream-watch.ts'

/** What a guarded connection needs of the guard, and tells it. */
export interface GuardedConnectionInit {
  readonly maConn: MultiaddrConnection
  readonly direction: 'inbound' | 'outbound'
  readonly limits: TransportLimits
  readonly clock: Clock
  onRefused(error: RefusalError): void
  onOver(connection: GuardedConnection): void
  /** Unread bytes of all connections of a peer. */
  unreadOf(peer: PeerId): number
}

/** How far a connection has come. */
export type Phase = 'handshake' | 'open' | 'over'

/**
 * Whether a dial has failed because of what this end found out; its remote may
 * as well have refused it, or the caller given it up.
 */
function isOwnRefusal(error: Error | undefined, local: boolean | undefined): boolean {
  return local === true && error !== undefined && error.name !== 'AbortError'
}

/** Multiplexers of transports that need none: no bytes go through their connections. */
const NATIVE: ReadonlySet<string> = new Set(['/webrtc', '/webtransport'])

const ENDED: ReadonlySet<string> = new Set(['aborted', 'reset', 'closed'])

/** The life of one connection, from its first byte, and what it has carried. */
export class GuardedConnection {
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly startedAt: number
  phase: Phase = 'handshake'
  peer: PeerId | undefined
  /** Bytes that have come over it, handshake and encryption included. */
  received = 0
  /** Bytes that were handed to its transport. */
  sent = 0
  /** When a stream was last seen on it. */
  busyAt: number
  /** Why this end has ended it, if it was for what the remote did. */
  refusal: RefusalError | undefined
  readonly #init: GuardedConnectionInit
  readonly #cancelDeadline: () => void
  #streams: StreamWatch | undefined
  #connection: Connection | undefined
  #reading = false

  readonly #tap: ByteTap = {
    received: (bytes) => this.#onReceived(bytes),
    read: () => this.#onRead(),
    sent: (bytes) => {
      this.sent += bytes
    }
  }

  constructor(init: GuardedConnectionInit) {
    const { maConn, direction, limits, clock } = init
    this.#init = init
    this.address = String(maConn.remoteAddr)
    this.direction = direction
    this.startedAt = clock.now()
    this.busyAt = this.startedAt
    tapBytes(maConn, this.#tap)
    maConn.addEventListener('close', this.#onClose)
    // libp2p has deadlines of its own for dialling
    this.#cancelDeadline =
      direction === 'inbound' && limits.handshakeTimeoutMs !== Infinity
        ? clock.schedule(limits.handshakeTimeoutMs, this.#onDeadline)
        : (): void => {}
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  get unread(): number {
    return this.#streams?.unread ?? 0
  }

  /** Notices that it had ended before it was guarded, of which no event tells any more. */
  checkEnded(): void {
    const { status } = this.#init.maConn
    if (this.phase === 'over' || !ENDED.has(status)) return
    this.#onClose(new StreamCloseEvent())
  }

  /** It was encrypted and multiplexed. @returns how long that took, in ms */
  open(): number {
    this.phase = 'open'
    this.#cancelDeadline()
    this.busyAt = this.#init.clock.now()
    return this.busyAt - this.startedAt
  }

  /** There is a connection of libp2p for it now, and so there are streams. */
  attach(connection: Connection, peer: PeerId): void {
    if (this.phase === 'over' || this.#connection !== undefined) return
    const { limits, clock, unreadOf } = this.#init
    this.peer = peer
    this.#connection = connection
    if (NATIVE.has(connection.multiplexer ?? '')) tapStreams(connection, this.#tap)
    const onTooFast = (error: RefusalError): void => this.cutOff(error)
    limitStreamRate({ connection, peer, limits, clock, onTooFast })
    this.#streams = new StreamWatch({
      ...{ connection, peer, limits, clock },
      unread: () => unreadOf(peer),
      onRefused: (error) => this.#init.onRefused(error),
      onTooMuch: (error) => this.cutOff(error)
    })
  }

  /** Says, once, that what the remote did is refused. */
  refuse(error: RefusalError): RefusalError {
    if (this.refusal === undefined) {
      this.refusal = error
      this.#init.onRefused(error)
    }
    return error
  }

  /** Refuses it, and ends it without a word. */
  cutOff(error: RefusalError): void {
    this.refuse(error)
    this.#init.maConn.abort(error)
  }

  /** Lets go of timers; the connection itself goes on. */
  release(): void {
    this.#cancelDeadline()
    this.#streams?.stop()
  }

  #onReceived(bytes: number): boolean {
    this.received += bytes
    const limit = this.#init.limits.maxHandshakeBytes
    if (this.phase === 'handshake' && this.received > limit) {
      this.cutOff(handshakeTooLong(this.address, limit))
    }
    if (this.refusal !== undefined) return false
    this.#reading = true
    return true
  }

  #onRead(): void {
    this.#reading = false
    this.#streams?.check(this.received)
  }

  readonly #onDeadline = (): void => {
    const { address, received } = this
    const limitMs = this.#init.limits.handshakeTimeoutMs
    this.cutOff(handshakeTimedOut(address, limitMs, received))
  }

  readonly #onClose = ({ error, local }: StreamCloseEvent): void => {
    const cause = handshakeErrorOf(this.#init.maConn) ?? error
    const { phase, address, received, peer } = this
    this.phase = 'over'
    this.release()
    if (phase === 'handshake' && (this.direction === 'inbound' || isOwnRefusal(error, local))) {
      this.refuse(handshakeFailed(address, received, cause))
    } else if (phase === 'open' && this.#reading && local === true && error !== undefined) {
      // ended by this end while it read what had come: so that was the cause
      if (peer !== undefined) this.refuse(malformed(address, peer, error))
    }
    this.#init.onOver(this)
  }
}
