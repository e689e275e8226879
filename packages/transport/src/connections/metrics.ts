import type { Metrics } from '@daa-compute/interface'
import type { InFlightBothWays } from '../channel/in-flight.ts'
import type { ConnectionInfo } from './connection-info.ts'

/** What a monitor measures. */
export interface ConnectionMetrics {
  opened(info: ConnectionInfo): void
  carried(received: number, sent: number): void
  roundTrip(ms: number): void
  /** Of all connections. */
  inFlight(now: InFlightBothWays): void
}

/** Upper bounds in seconds: from one machine to another planet's worth of queues. */
const ROUND_TRIP_BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/** @param metrics where to; nowhere if left out */
export function createConnectionMetrics(metrics: Metrics | undefined): ConnectionMetrics {
  const opened = metrics?.counter('daa_transport_connections_total', {
    help: 'Connections opened, by transport, encryption and direction'
  })
  const bytes = metrics?.counter('daa_transport_bytes_total', {
    help: 'Bytes carried by connections, handshakes and encryption included',
    unit: 'bytes'
  })
  const roundTrip = metrics?.histogram('daa_transport_round_trip_seconds', {
    help: 'From a ping to its echo',
    unit: 'seconds',
    buckets: ROUND_TRIP_BUCKETS
  })
  const frames = metrics?.gauge('daa_transport_frames_in_flight', {
    help: 'Frames that were given to send and are not sent, or have come and are not received'
  })
  const frameBytes = metrics?.gauge('daa_transport_frame_bytes_in_flight', {
    help: 'Bytes of such frames',
    unit: 'bytes'
  })
  return {
    opened({ transport, encryption, direction }) {
      opened?.add(1, { transport, encryption: encryption.protocol, direction })
    },
    carried(received, sent) {
      if (received > 0) bytes?.add(received, { direction: 'received' })
      if (sent > 0) bytes?.add(sent, { direction: 'sent' })
    },
    roundTrip: (ms) => roundTrip?.observe(ms / 1000),
    inFlight(now) {
      for (const direction of ['sent', 'received'] as const) {
        frames?.set(now[direction].frames, { direction })
        frameBytes?.set(now[direction].bytes, { direction })
      }
    }
  }
}
