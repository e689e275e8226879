import { DEFAULT_MAX_FRAME_LENGTH } from '../constants.ts'
import { LimitsError } from './errors.ts'

/**
 * What a node lets others take of it. Every field is a positive number, and
 * `Infinity` lifts a limit; counts of what is open include what is about to be.
 */
export interface TransportLimits {
  /**
   * Connections at which no further one is accepted. The node's own dials may go
   * 64 beyond; then libp2p closes unused ones. Default 300
   */
  readonly maxConnections: number
  /** Connections that one peer may have, by whatever transports and directions. Default 8 */
  readonly maxConnectionsPerPeer: number
  /** Inbound connections in their handshake at once. Default 256 */
  readonly maxHandshakes: number
  /** Of these, how many may come from one address. Default 128 */
  readonly maxHandshakesPerAddress: number
  /** Time in which encryption and multiplexing of a connection must be agreed on, in ms. Default 10 s */
  readonly handshakeTimeoutMs: number
  /**
   * Bytes that a remote may send until then: a hybrid handshake takes under four
   * thousand, and the first streams may follow at its heels. Default 64 KiB
   */
  readonly maxHandshakeBytes: number
  /**
   * Inbound connections per second that one address may open for ever. All
   * IPv6 addresses with the same first 64 bits are one: whoever has one has all of
   * them. Default 128
   */
  readonly connectionsPerSecond: number
  /** Connections that it may open at once after a rest. Default 256: a laboratory behind one NAT */
  readonly connectionBurst: number
  /** Streams that a remote may have open on one connection. Default 256 */
  readonly maxStreams: number
  /** Of these, how many may not have said yet what protocol they are for. Default 32 */
  readonly maxUnnamedStreams: number
  /** Time in which a remote must say that, in ms. Default 10 s */
  readonly streamTimeoutMs: number
  /**
   * Streams per second that a remote may open on one connection for ever, however
   * soon it ends them: some 65 µs each, so 2% of a core. Default 256
   */
  readonly streamsPerSecond: number
  /** Streams that it may open at once after a rest. Default 1,024 */
  readonly streamBurst: number
  /** Channels that one peer may open, of all protocols and connections. Default 128 */
  readonly maxChannelsPerPeer: number
  /**
   * Longest frame of a channel, in bytes, the same at both ends; a channel holds
   * one incomplete frame at most. Default 1 MiB and 1 KiB
   */
  readonly maxFrameLength: number
  /**
   * Bytes that one peer may have under way to readers that do not read, over all
   * its streams and channels, frames that are not whole included. Flow control holds each stream to twice its window before; this
   * is for peers with very many. Default 128 MiB
   */
  readonly maxUnreadBytesPerPeer: number
  /**
   * A connection on which no stream is open for this long is closed, in ms; `open`
   * makes another one. Default 5 min
   */
  readonly idleTimeoutMs: number
}

/** The limits of a node that says nothing else. */
export const DEFAULT_LIMITS: TransportLimits = Object.freeze({
  maxConnections: 300,
  maxConnectionsPerPeer: 8,
  maxHandshakes: 256,
  maxHandshakesPerAddress: 128,
  handshakeTimeoutMs: 10_000,
  maxHandshakeBytes: 64 * 1024,
  connectionsPerSecond: 128,
  connectionBurst: 256,
  maxStreams: 256,
  maxUnnamedStreams: 32,
  streamTimeoutMs: 10_000,
  streamsPerSecond: 256,
  streamBurst: 1024,
  maxChannelsPerPeer: 128,
  maxFrameLength: DEFAULT_MAX_FRAME_LENGTH,
  maxUnreadBytesPerPeer: 128 * 2 ** 20,
  idleTimeoutMs: 5 * 60_000
})

/**
 * The limits that a choice of some comes to.
 *
 * @throws {LimitsError} `BAD_LIMIT` for what is no positive number, or no limit
 */
export function limitsOf(chosen: Partial<TransportLimits> = {}): TransportLimits {
  const limits: Record<string, number> = { ...DEFAULT_LIMITS }
  for (const [name, value] of Object.entries(chosen)) {
    if (value === undefined) continue
    if (!(name in DEFAULT_LIMITS) || typeof value !== 'number' || !(value > 0)) {
      throw new LimitsError(
        'BAD_LIMIT',
        `${name}: ${String(value)} is no limit; give one of TransportLimits a number above 0, or Infinity`,
        { name, value }
      )
    }
    limits[name] = value
  }
  return Object.freeze(limits) as unknown as TransportLimits
}
