import type { AllReduceResult, NamedTensors, Values } from '@daa-compute/allreduce'
import type { ReduceOptions } from '../run-of-node.ts'
import type { Link } from './link.ts'
import { portableReduceOptions } from './portable.ts'
import type { NetworkCalls, ReductionNote, RunHandle } from './protocol.ts'
import { createSharedPool } from './shared-values.ts'

/** Has the network's thread reduce what is on this one. */
export interface Reducer {
  /** @param run the run; `undefined` for the node's own */
  reduce<Reduced extends Values | NamedTensors>(
    run: RunHandle | undefined,
    values: Reduced,
    options: ReduceOptions | undefined
  ): Promise<AllReduceResult<Reduced>>
  /** As `broadcastGradient`; `accepted` resolves when the run has been joined. */
  gradient(
    values: Float32Array,
    options: ReduceOptions | undefined
  ): { readonly accepted: Promise<void>; readonly result: Promise<AllReduceResult> }
}

type Method = 'reduce' | 'gradient'

export function createReducer(link: Link<NetworkCalls, Record<never, never>>): Reducer {
  const pool = createSharedPool()

  const reduce = async <Reduced extends Values | NamedTensors>(
    method: Method,
    run: RunHandle | undefined,
    values: Reduced,
    options: ReduceOptions = {},
    onAccepted?: () => void
  ): Promise<AllReduceResult<Reduced>> => {
    const portable = portableReduceOptions(options)
    const { signal, onProgress } = options
    const shared = pool.share(values)
    const onNote = (note: unknown): void => {
      const told = note as ReductionNote
      if (told.type === 'progress') onProgress?.(told.done, told.total)
      else onAccepted?.()
    }
    try {
      const isWatched = onProgress !== undefined
      const reduction = { run, values: shared.values, options: portable, isWatched }
      const rest = await link.call(method, reduction, { signal, onNote })
      shared.takeBack()
      return { values, ...rest }
    } finally {
      shared.release()
    }
  }

  return {
    reduce(run, values, options) {
      const round = reduce('reduce', run, values, options)
      // as of a run: whoever does not look at a round does not crash of its failure
      round.catch(() => undefined)
      return round
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
