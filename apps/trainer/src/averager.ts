import { setImmediate } from 'node:timers/promises'
import type { AbortOptions } from '@daa-compute/interface'

/** How to average one array. */
export interface AverageOptions extends AbortOptions {
  /** Weight of this peer's values in the mean; greater than zero. */
  readonly weight: number
}

/** What an average came to. */
export interface Averaged {
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
  return {
    average: async (_values, { signal }) => {
      // jax-js computes at once and never waits: without a turn of the event loop
      // here, no signal and no end of a parent would be seen before training ends.
      await setImmediate()
      signal?.throwIfAborted()
      return { participants: 1, bytesSent: 0 }
    }
  }
}
