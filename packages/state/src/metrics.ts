import type { Counter, Metrics } from '@daa-compute/interface'

/** What is counted. */
export interface Meters {
  readonly fetched: Counter
  readonly sent: Counter
  readonly dropped: Counter
}

const SILENT: Counter = { add: () => undefined }

export function createMeters(metrics: Metrics | undefined): Meters {
  if (metrics === undefined) return { fetched: SILENT, sent: SILENT, dropped: SILENT }
  return {
    fetched: metrics.counter('daa_state_fetched_bytes', {
      help: 'Bytes of states and of results of rounds that were fetched',
      unit: 'bytes'
    }),
    sent: metrics.counter('daa_state_sent_bytes', {
      help: 'Bytes of states and of results of rounds that were served',
      unit: 'bytes'
    }),
    dropped: metrics.counter('daa_state_donors_dropped', {
      help: 'Donors that were dropped, by the code of the reason'
    })
  }
}
