import { setImmediate } from 'node:timers/promises'
import type { AbortOptions } from '@daa-compute/interface'

/** What is trained, as those who average see it. */
export interface Trainee {
  /** All that peers have in common, changed by `apply` and by catching up only. */
  readonly tensors: Readonly<Record<string, Float32Array | Int32Array>>
  /** Takes a step by the mean gradient: to the same bits at every peer. */
  apply(mean: Float32Array): void
  /** The others have gone on without this peer, which is about to take over their state. */
  onBehind?(): void
}

/** How to take a step. */
export interface StepOptions extends AbortOptions {
  /** Weight of this peer's gradient in the mean. */
  readonly weight: number
}

/** What a step came to. */
export interface Stepped {
  /** Peers that took part. */
  readonly participants: number
  /** Whether this peer took over the state of the others first, and its gradient counts nothing. */
  readonly caughtUp: boolean
  /** Bytes this peer sent for it. */
  readonly bytesSent: number
}

/** All that training needs of the network. */
export interface Averager {
  /** Makes this peer's model one with that of the others. */
  follow(trainee: Trainee): Follower | Promise<Follower>
}

/** A peer's model among those of the others. */
export interface Follower {
  /** Whether the tensors are a state: not while one is being taken over. */
  readonly isWhole: boolean
  /** Averages a gradient with those of all peers, and has the mean applied. */
  step(gradient: Float32Array, options: StepOptions): Promise<Stepped>
}

/** Averages with nobody: the mean of one is itself. For the baselines. */
export function averageAlone(): Averager {
  return {
    follow: ({ apply }) => ({
      isWhole: true,
      async step(gradient, { signal }) {
        // jax-js computes at once and never waits: without a turn of the event loop
        // here, no signal and no end of a parent would be seen before training ends.
        await setImmediate()
        signal?.throwIfAborted()
        apply(gradient)
        return { participants: 1, caughtUp: false, bytesSent: 0 }
      }
    })
  }
}

interface Waiting {
  readonly values: Float32Array
  readonly weight: number
  readonly resolve: () => void
}

/** Makes one array of those of all peers. Equal lengths. */
export type Combine = (
  arrays: readonly Float32Array[],
  weights: readonly number[]
) => ArrayLike<number>

/**
 * Peers of one process that average exactly: the weighted mean in float64, summed
 * in the order of the peers, rounded once.
 *
 * @param combine what to make of gradients instead. Default: the mean
 */
export function averageTogether(peers: number, combine: Combine = meanOf): Averager[] {
  let waiting: (Waiting | undefined)[] = []
  const reduce = (): void => {
    const group = waiting.filter((peer) => peer !== undefined)
    if (group.length < peers) return
    waiting = []
    const all = group.map(({ values }) => values)
    const weights = group.map(({ weight }) => weight)
    const sums = combine(all, weights)
    for (const { values, resolve } of group) {
      values.set(sums)
      resolve()
    }
  }
  return Array.from({ length: peers }, (_, index) => ({
    follow: ({ apply }) => ({
      isWhole: true,
      async step(values, { weight, signal }) {
        await new Promise<void>((resolve) => {
          waiting[index] = { values, weight, resolve }
          reduce()
        })
        // as above
        await setImmediate()
        signal?.throwIfAborted()
        apply(values)
        return { participants: peers, caughtUp: false, bytesSent: 0 }
      }
    })
  }))
}

function meanOf(arrays: readonly Float32Array[], weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const sums = new Float64Array(arrays[0]?.length ?? 0)
  for (const [index, values] of arrays.entries()) {
    const weight = weights[index] ?? 0
    for (const [i, value] of values.entries()) sums[i] = (sums[i] ?? 0) + value * weight
  }
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) / total
  return sums
}
