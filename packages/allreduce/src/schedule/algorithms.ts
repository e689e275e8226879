import type { Algorithm } from '@daa-compute/interface'
import { ringSchedule } from './ring.ts'
import type { Schedule } from './schedule.ts'

/** An algorithm: its schedule, and into how many chunks it wants the values cut. */
export interface ScheduledAlgorithm {
  readonly schedule: Schedule
  /** Chunks for a group of `size` ranks. */
  chunks(size: number): number
}

/** Every algorithm that exists, by name. */
export const ALGORITHMS: Readonly<Record<Algorithm, ScheduledAlgorithm>> = {
  ring: { schedule: ringSchedule, chunks: (size) => size }
}
