import type { Metrics } from '@daa-compute/interface'
import type { Outcome } from './core/peer-table.ts'

/** What became of a message on a run's topic: `own` is one under this peer's own name. */
export type ReceivedOutcome = Outcome | 'malformed' | 'own'

/** What a directory counts. */
export interface DirectoryMetrics {
  announced(result: 'sent' | 'failed'): void
  received(outcome: ReceivedOutcome): void
  peers(count: number): void
}

/** @param metrics where to; nowhere if left out */
export function createDirectoryMetrics(metrics: Metrics | undefined): DirectoryMetrics {
  const announcements = metrics?.counter('daa_discovery_announcements_total', {
    help: 'Announcements this peer made of itself, by result'
  })
  const received = metrics?.counter('daa_discovery_received_total', {
    help: "Messages received on a run's topic, by what became of them"
  })
  const peers = metrics?.gauge('daa_discovery_peers', {
    help: 'Peers in the directory, this one not included'
  })
  return {
    announced: (result) => announcements?.add(1, { result }),
    received: (outcome) => received?.add(1, { outcome }),
    peers: (count) => peers?.set(count)
  }
}
