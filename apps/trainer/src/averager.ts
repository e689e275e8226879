import type { AbortOptions } from '@daa-compute/interface'

/** How to average one array. */
export interface AverageOptions extends AbortOptions {
  /** Weight of this peer's values in the mean; greater than zero. */
  readonly weight: number
}

/** What an average came to. */
export interface Averaged {
  /** Which average of the run it was, from 0. */
  readonly round: number
  /** Peers whose values are in the mean. */
  readonly participants: number
  /** Bytes this peer sent for it. */
  readonly bytesSent: number
}

/** All that training needs of the network. */
export interface Averager {
  /** Replaces the values by their weighted mean over all peers, in place. */
  average(values: Float32Array, options: AverageOptions): Promise<Averaged>
}

/** Averages with nobody: the mean of one is itself. For the baselines. */
export function averageAlone(): Averager {
  let round = 0
  return {
    average: async (_values, { signal }) => {
      signal?.throwIfAborted()
      return { round: round++, participants: 1, bytesSent: 0 }
    }
  }
}
