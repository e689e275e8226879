import type {
  AllReduceResult,
  AverageOptions,
  GridResult,
  NamedTensors,
  Values
} from '@daa-compute/allreduce'
import type { RoundValues, StepResult } from '@daa-compute/state'
import type { ReplicaStepOptions } from '../replicate.ts'
import type { ReduceOptions } from '../run-of-node.ts'
import type { CallOptions, Link } from './link.ts'
import { portableAverageOptions, portableReduceOptions, portableStepOptions } from './portable.ts'
import type {
  GridHandle,
  NetworkCalls,
  ReductionNote,
  ReductionResult,
  ReplicaHandle,
  RunHandle
} from './protocol.ts'
import { createSharedPool } from './shared-values.ts'

/** Has the network's thread reduce what is on this one. */
export interface Reducer {
  /** @param run the run; `undefined` for the node's own */
  reduce<Reduced extends Values | NamedTensors>(
    run: RunHandle | undefined,
    values: Reduced,
    options: ReduceOptions | undefined
  ): Promise<AllReduceResult<Reduced>>
  /** A step of a replica. */
  step<Stepped extends RoundValues>(
    replica: ReplicaHandle,
    values: Stepped,
    options: ReplicaStepOptions | undefined
  ): Promise<StepResult<Stepped>>
  /** An average in a grid. */
  average(
    grid: GridHandle,
    values: Float32Array,
    options: AverageOptions | undefined
  ): Promise<GridResult>
  /** As `broadcastGradient`; `accepted` resolves when the run has been joined. */
  gradient(
    values: Float32Array,
    options: ReduceOptions | undefined
  ): { readonly accepted: Promise<void>; readonly result: Promise<AllReduceResult> }
}

type StepRest = NetworkCalls['step']['result']
type AverageRest = NetworkCalls['average']['result']
type Method = 'reduce' | 'gradient'

export function createReducer(link: Link<NetworkCalls, Record<never, never>>): Reducer {
  const pool = createSharedPool()

  /** Has something done with values on shared memory; what it has made of them is the caller's. */
  const withShared = async <Given, Result>(
    values: Given,
    { signal, onProgress }: Pick<ReduceOptions, 'signal' | 'onProgress'>,
    onAccepted: (() => void) | undefined,
    work: (
      shared: unknown,
      isWatched: boolean,
      options: Pick<CallOptions<Result>, 'signal' | 'onNote'>
    ) => Promise<Result>
  ): Promise<Result & { readonly values: Given }> => {
    const shared = pool.share(values)
    const onNote = (note: unknown): void => {
      const told = note as ReductionNote
      if (told.type === 'progress') onProgress?.(told.done, told.total)
      else onAccepted?.()
    }
    try {
      const rest = await work(shared.values, onProgress !== undefined, { signal, onNote })
      shared.takeBack()
      return { values, ...rest }
    } finally {
      shared.release()
    }
  }

  const reduce = async <Reduced extends Values | NamedTensors>(
    method: Method,
    run: RunHandle | undefined,
    values: Reduced,
    options: ReduceOptions = {},
    onAccepted?: () => void
  ): Promise<AllReduceResult<Reduced>> => {
    const portable = portableReduceOptions(options)
    return await withShared<Reduced, ReductionResult>(
      values,
      options,
      onAccepted,
      async (shared, isWatched, given) => {
        const reduction = { run, values: shared, options: portable, isWatched }
        return await link.call(method, reduction, given)
      }
    )
  }

  return {
    reduce(run, values, options) {
      const round = reduce('reduce', run, values, options)
      // as of a run: whoever does not look at a round does not crash of its failure
      round.catch(() => undefined)
      return round
    },
    async step(replica, values, options = {}) {
      const portable = portableStepOptions(options)
      return await withShared<typeof values, StepRest>(
        values,
        options,
        undefined,
        async (shared, isWatched, given) => {
          const step = { replica, values: shared, options: portable, isWatched }
          return await link.call('step', step, given)
        }
      )
    },
    async average(grid, values, options = {}) {
      const portable = portableAverageOptions(options)
      return await withShared<Float32Array, AverageRest>(
        values,
        options,
        undefined,
        async (shared, isWatched, given) => {
          const average = { grid, values: shared, options: portable, isWatched }
          return await link.call('average', average, given)
        }
      )
    },
    gradient(values, options) {
      const { promise: accepted, resolve, reject } = Promise.withResolvers<void>()
      const result = reduce('gradient', undefined, values, options, resolve)
      // what fails before it is accepted is the broadcast's failure, and later the result's
      result.catch(reject)
      return { accepted, result }
    }
  }
}
