import type { Metrics } from '@daa-compute/interface'
import type { RefusalErrorDetails } from './errors.ts'

/** What the transport measures of its limits. */
export interface LimitMetrics {
  refused(reason: keyof RefusalErrorDetails): void
  handshakes(pending: number): void
  connections(open: number): void
  shookHands(direction: 'inbound' | 'outbound', ms: number): void
}

/** Upper bounds in seconds: from a handshake on one machine to the deadline of one. */
const HANDSHAKE_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** @param metrics where to; nowhere if left out */
export function createLimitMetrics(metrics: Metrics | undefined): LimitMetrics {
  const refused = metrics?.counter('daa_transport_refused_total', {
    help: 'Connections, streams and channels refused or cut off, by reason'
  })
  const handshakes = metrics?.gauge('daa_transport_handshakes', {
    help: 'Connections whose encryption and multiplexing is being agreed on'
  })
  const connections = metrics?.gauge('daa_transport_connections', {
    help: 'Connections that are open'
  })
  const duration = metrics?.histogram('daa_transport_handshake_duration_seconds', {
    help: 'From the first byte of a connection to its use, by direction',
    unit: 'seconds',
    buckets: HANDSHAKE_BUCKETS
  })
  return {
    refused: (reason) => refused?.add(1, { reason }),
    handshakes: (pending) => handshakes?.set(pending),
    connections: (open) => connections?.set(open),
    shookHands: (direction, ms) => duration?.observe(ms / 1000, { direction })
  }
}
