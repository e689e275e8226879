import type { InFlightBothWays } from '../channel/in-flight.ts'
import type { PeerId } from '@daa-compute/interface'
import type { EncryptionSuite } from './encryption-suite.ts'
import type { TransportKind } from './transport-kind.ts'

/** A connection at one moment. */
export interface ConnectionInfo {
  /** Names the connection within this process life. */
  readonly id: string
  readonly peer: PeerId
  /** Where the remote is: the multiaddr of its end. */
  readonly address: string
  readonly transport: TransportKind
  readonly encryption: EncryptionSuite
  /** Whether it goes by way of a relay. */
  readonly relayed: boolean
  readonly direction: 'inbound' | 'outbound'
  /** When it was opened, in ms since 1970. */
  readonly since: number
  /**
   * The last measured time of a ping of 32 bytes and its echo, in ms: what waits in
   * front of it at either end included. `undefined` until there is one
   */
  readonly rttMs: number | undefined
  /** Bytes that have come, those of handshake and encryption included. */
  readonly bytesReceived: number
  /** Bytes that were handed to the transport. */
  readonly bytesSent: number
  /** Frames of its channels at this moment, by way: what `send` and `receive` are behind. */
  readonly inFlight: InFlightBothWays
  /** Mean over the last 10 s, or since it was opened. */
  readonly receivedBitsPerSecond: number
  readonly sentBitsPerSecond: number
}
