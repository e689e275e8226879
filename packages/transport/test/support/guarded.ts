import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { createConnectionGuard, createConnectionMonitor, createConnector } from '../../src/index.ts'
import type {
  ConnectionGuard,
  ConnectionGuardInit,
  ConnectionMonitor,
  RefusalError,
  StoppableConnector,
  TransportPreset
} from '../../src/index.ts'
import { createCountingMetrics } from './counts.ts'
import type { CountingMetrics } from './counts.ts'

/** A node with everything that holds it to limits. */
export interface GuardedNode {
  readonly libp2p: Libp2p
  readonly guard: ConnectionGuard
  readonly monitor: ConnectionMonitor
  readonly connector: StoppableConnector
  readonly metrics: CountingMetrics
  readonly refusals: readonly RefusalError[]
  stop(): Promise<void>
}

/** Options of {@link startGuarded}. */
export interface GuardedNodeInit extends Pick<ConnectionGuardInit, 'limits' | 'clock'> {
  readonly preset: TransportPreset
  readonly listen?: string[]
  readonly roundTripIntervalMs?: number
  /** Time for a dial, in ms. Default: libp2p's 10 s */
  readonly dialTimeoutMs?: number
}

export async function startGuarded(init: GuardedNodeInit): Promise<GuardedNode> {
  const { preset, listen = [], limits, clock, roundTripIntervalMs = Infinity } = init
  const metrics = createCountingMetrics()
  const gater = { denyDialMultiaddr: () => false }
  const guard = createConnectionGuard({ limits, clock, metrics, gater })
  const refusals: RefusalError[] = []
  guard.on('refused', ({ error }) => refusals.push(error))
  const connectionManager = { ...guard.preset.connectionManager }
  if (init.dialTimeoutMs !== undefined) connectionManager.dialTimeout = init.dialTimeoutMs
  const libp2p = await createLibp2p({
    ...preset,
    ...guard.preset,
    connectionManager,
    addresses: { listen }
  })
  const monitor = createConnectionMonitor({ libp2p, guard, clock, metrics, roundTripIntervalMs })
  const connector = createConnector({ libp2p, guard })
  return {
    ...{ libp2p, guard, monitor, connector, metrics, refusals },
    async stop() {
      await connector.stop()
      await monitor.stop()
      await libp2p.stop()
    }
  }
}
