import type { Clock } from '@daa-compute/interface'
import type { Connection } from '@libp2p/interface'
import { ROUND_TRIP_TIMEOUT_MS } from '../constants.ts'
import { measureRoundTrip } from './ping.ts'

/** Options of {@link measureRoundTrips}. */
export interface RoundTripsInit {
  readonly connection: Connection
  readonly clock: Clock
  /** Between the end of one measurement and the next, in ms. */
  readonly intervalMs: number
  /** Ends it; so does the end of the connection. */
  readonly signal: AbortSignal
  onMeasured(ms: number): void
}

/** Measures the round trip of a connection now, and again and again. */
export function measureRoundTrips(init: RoundTripsInit): void {
  const { connection, clock, intervalMs, signal } = init
  let attempt: AbortController | undefined
  let cancel: (() => void) | undefined
  let over = false

  const measure = async (): Promise<void> => {
    const controller = new AbortController()
    attempt = controller
    cancel = clock.schedule(ROUND_TRIP_TIMEOUT_MS, () => controller.abort())
    let ms: number | undefined
    try {
      ms = await measureRoundTrip(connection, clock, controller.signal)
    } catch {
      // the remote is busy or gone: then the last measurement stands
    }
    if (over) return
    cancel()
    cancel = intervalMs === Infinity ? undefined : clock.schedule(intervalMs, () => void measure())
    if (ms !== undefined) init.onMeasured(ms)
  }

  const end = (): void => {
    over = true
    cancel?.()
    attempt?.abort()
    connection.removeEventListener('close', end)
    signal.removeEventListener('abort', end)
  }

  if (signal.aborted || connection.status !== 'open') return
  connection.addEventListener('close', end)
  signal.addEventListener('abort', end)
  void measure()
}
