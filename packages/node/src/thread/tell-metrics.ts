import type { Clock } from '@daa-compute/interface'
import type { CallerLink } from './caller-link.ts'
import type { MetricsCollector } from './metrics-batch.ts'

/** How often measurements cross, in ms. */
const METRICS_INTERVAL_MS = 250

/** Tells the caller's thread what was measured, now and then. @returns tells the rest, and ends it */
export function tellMetrics(
  collector: MetricsCollector,
  link: CallerLink,
  clock: Clock
): () => void {
  const tell = (): void => {
    const batch = link.hasRoom ? collector.take() : undefined
    if (batch !== undefined) link.tell('metrics', batch)
  }
  let cancel: () => void
  const later = (): void => {
    cancel = clock.schedule(METRICS_INTERVAL_MS, () => {
      tell()
      later()
    })
  }
  later()
  return () => {
    cancel()
    tell()
  }
}
