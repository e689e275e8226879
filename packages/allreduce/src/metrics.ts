import { DaaError, type Metrics } from '@daa-compute/interface'
import type { AllReduceResult } from './all-reduce.ts'

/** What a run measures of itself. */
export interface RunMetrics {
  succeeded(result: Omit<AllReduceResult, 'values'>): void
  failed(error: unknown): void
}

/** Upper bounds in seconds: from a loopback round to the deadline of forming one. */
const DURATION_BUCKETS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60]

/** Nothing is measured without somewhere to put it. */
export function createRunMetrics(metrics: Metrics | undefined, run: string): RunMetrics {
  const rounds = metrics?.counter('daa_allreduce_rounds_total', {
    help: 'All-reduces by outcome: ok or the code of the error'
  })
  const bytes = metrics?.counter('daa_allreduce_bytes_total', {
    help: 'Bytes of segments of rounds that counted',
    unit: 'bytes'
  })
  const duration = metrics?.histogram('daa_allreduce_duration_seconds', {
    help: 'From the call to the verdict, of rounds that counted',
    unit: 'seconds',
    buckets: DURATION_BUCKETS
  })
  return {
    succeeded(result) {
      rounds?.add(1, { run, outcome: 'ok' })
      bytes?.add(result.bytesSent, { run, direction: 'sent' })
      bytes?.add(result.bytesReceived, { run, direction: 'received' })
      duration?.observe(result.durationMs / 1000, { run })
    },
    failed(error) {
      // anything else is the reason of the caller's own signal
      const outcome = error instanceof DaaError ? String(error.code) : 'ABORTED_BY_CALLER'
      rounds?.add(1, { run, outcome })
    }
  }
}
