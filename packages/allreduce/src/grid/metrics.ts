import type { Metrics } from '@daa-compute/interface'

/** What a grid measures of itself; its groups measure theirs as runs. */
export interface GridMetrics {
  averaged(size: number): void
  skipped(): void
}

/** Upper bounds of members of a group. */
const SIZE_BUCKETS = [2, 3, 4, 6, 8, 12, 16, 32, 64]

/** @param metrics where to; nowhere if left out */
export function createGridMetrics(metrics: Metrics | undefined, run: string): GridMetrics {
  const steps = metrics?.counter('daa_grid_steps_total', {
    help: 'Steps of a grid by outcome: averaged, or skipped for want of a group'
  })
  const sizes = metrics?.histogram('daa_grid_group_size', {
    help: 'Members of the groups that this peer has averaged in',
    buckets: SIZE_BUCKETS
  })
  return {
    averaged(size) {
      steps?.add(1, { run, outcome: 'averaged' })
      sizes?.observe(size, { run })
    },
    skipped: () => steps?.add(1, { run, outcome: 'skipped' })
  }
}
