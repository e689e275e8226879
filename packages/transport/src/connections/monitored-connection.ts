import { peerId } from '@daa-compute/interface'
import type { Clock } from '@daa-compute/interface'
import type { Connection } from '@libp2p/interface'
import { inFlightOf } from '../channel/in-flight.ts'
import type { Traffic } from '../limits/guard.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { encryptionSuite } from './encryption-suite.ts'
import { Throughput } from './throughput.ts'
import { transportKind } from './transport-kind.ts'

/** What of a connection never changes. */
type Fixed = Omit<
  ConnectionInfo,
  | 'rttMs'
  | 'bytesReceived'
  | 'bytesSent'
  | 'inFlight'
  | 'receivedBitsPerSecond'
  | 'sentBitsPerSecond'
>

/** One connection of a monitor. */
export class MonitoredConnection {
  readonly connection: Connection
  rttMs: number | undefined
  readonly #fixed: Fixed
  readonly #clock: Clock
  readonly #traffic: () => Traffic
  readonly #throughput: Throughput
  #noted: Traffic = { received: 0, sent: 0 }
  #moved = false

  /** @param traffic what it has carried so far */
  constructor(connection: Connection, clock: Clock, traffic: () => Traffic) {
    const { id, remotePeer, remoteAddr, encryption, direction, timeline } = connection
    const address = String(remoteAddr)
    const transport = transportKind(address)
    this.connection = connection
    this.#clock = clock
    this.#traffic = traffic
    this.#throughput = new Throughput(clock.now())
    this.#fixed = {
      id,
      peer: peerId(remotePeer.toString()),
      address,
      transport,
      encryption: encryptionSuite(encryption, transport),
      relayed: transport === 'circuit-relay',
      direction,
      since: timeline.open
    }
  }

  get info(): ConnectionInfo {
    const { received, sent } = this.#traffic()
    const rates = this.#throughput.rates({ at: this.#clock.now(), received, sent })
    return {
      ...this.#fixed,
      rttMs: this.rttMs,
      bytesReceived: received,
      bytesSent: sent,
      inFlight: inFlightOf(this.connection),
      receivedBitsPerSecond: rates.received,
      sentBitsPerSecond: rates.sent
    }
  }

  /**
   * Notes the totals of this moment.
   *
   * @returns what has moved since the last time, and whether the rates have
   * changed, which they do once more after the last byte
   */
  note(): Traffic & { readonly changed: boolean } {
    const { received, sent } = this.#traffic()
    this.#throughput.sample({ at: this.#clock.now(), received, sent })
    const since = { received: received - this.#noted.received, sent: sent - this.#noted.sent }
    this.#noted = { received, sent }
    const moves = since.received > 0 || since.sent > 0
    const changed = moves || this.#moved
    this.#moved = moves
    return { ...since, changed }
  }
}
