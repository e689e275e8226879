import { setImmediate } from 'node:timers/promises'
import type { AbortOptions } from '@daa-compute/interface'

/** How to average. */
export interface AverageOptions extends AbortOptions {
  /** Weight of this peer's values in the mean; with 0 they count nothing. */
  readonly weight: number
  /** Whether to go on in the middle of the run, though rounds were missed. Default `false` */
  readonly enterLate?: boolean
}

/** What an average came to. */
export interface Averaged {
  /** Peers that took part. */
  readonly participants: number
  /** Whether some of them had no part in the average before: they lack what it changed. */
  readonly hasNewcomers: boolean
  /** Bytes this peer sent for it. */
  readonly bytesSent: number
}

/** All that training needs of the network. */
export interface Averager {
  /**
   * Replaces the values by their weighted mean over all peers, in place.
   *
   * @returns `undefined` if the others went on without this peer, which has to
   * take over their state: values are as they were
   */
  average(values: Float32Array, options: AverageOptions): Promise<Averaged | undefined>
  /** The same for several arrays, which cross the network exactly. */
  share(
    values: Readonly<Record<string, Float64Array>>,
    options: AverageOptions
  ): Promise<Averaged | undefined>
}

/** Averages with nobody: the mean of one is itself. For the baselines. */
export function averageAlone(): Averager {
  const average = async (_values: unknown, { signal }: AverageOptions): Promise<Averaged> => {
    // jax-js computes at once and never waits: without a turn of the event loop
    // here, no signal and no end of a parent would be seen before training ends.
    await setImmediate()
    signal?.throwIfAborted()
    return { participants: 1, hasNewcomers: false, bytesSent: 0 }
  }
  return { average, share: average }
}

interface Waiting {
  readonly arrays: readonly (Float32Array | Float64Array)[]
  readonly weight: number
  readonly resolve: () => void
}

/**
 * Peers of one process that average exactly: the weighted mean in float64, summed
 * in the order of the peers, rounded once.
 */
export function averageTogether(peers: number): Averager[] {
  let waiting: (Waiting | undefined)[] = []
  const reduce = (): void => {
    const group = waiting.filter((peer) => peer !== undefined)
    if (group.length < peers) return
    waiting = []
    const total = group.reduce((sum, { weight }) => sum + weight, 0)
    for (const [index, { length }] of group[0]?.arrays.entries() ?? []) {
      const sums = new Float64Array(length)
      for (const { arrays, weight } of group) {
        const values = arrays[index] ?? []
        for (let i = 0; i < length; i++) sums[i] = (sums[i] ?? 0) + (values[i] ?? 0) * weight
      }
      for (let i = 0; i < length; i++) sums[i] = (sums[i] ?? 0) / total
      for (const { arrays } of group) arrays[index]?.set(sums)
    }
    for (const { resolve } of group) resolve()
  }
  return Array.from({ length: peers }, (_, index) => {
    const average = async (
      arrays: Waiting['arrays'],
      { weight, signal }: AverageOptions
    ): Promise<Averaged> => {
      await new Promise<void>((resolve) => {
        waiting[index] = { arrays, weight, resolve }
        reduce()
      })
      // as above
      await setImmediate()
      signal?.throwIfAborted()
      return { participants: peers, hasNewcomers: false, bytesSent: 0 }
    }
    return {
      average: (values, options) => average([values], options),
      share: (values, options) => average(Object.values(values), options)
    }
  })
}
