import type { Metrics } from '@daa-compute/interface'

/** What is measured of a budget. */
export interface BudgetMetrics {
  passed(direction: 'up' | 'down', bytes: number): void
}

/** @param metrics where to; nowhere if left out */
export function createBudgetMetrics(metrics: Metrics | undefined): BudgetMetrics {
  const bytes = metrics?.counter('daa_transport_capped_bytes_total', {
    help: 'Bytes of channels that a cap has let pass, encryption included, by direction',
    unit: 'bytes'
  })
  return { passed: (direction, count) => bytes?.add(count, { direction }) }
}
