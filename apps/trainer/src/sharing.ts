import { type ReduceOptions, RoundError } from '@daa-compute/node'
import type { Stepped, StepOptions, Trainee } from './averager.ts'
import { MAX_TRIES } from './constants.ts'
import type { Following, FollowingInit } from './following.ts'
import { watchPresence } from './presence.ts'

type Values = Float32Array | Readonly<Record<string, Float64Array>>

/** What of a round is gone by. */
interface Averaged extends Omit<Stepped, 'caughtUp'> {
  readonly hasNewcomers: boolean
}

/**
 * For a network on a thread of its own, which serves states on shared memory, as this is not: after a step
 * with newcomers, which all who took part know of, everybody's state is averaged, and
 * who was behind counts nothing in it.
 */
export function followBySharing(init: FollowingInit): Following {
  const ofGradients = { compressor: init.compressor, rule: init.rule }
  return {
    serveOut: () => Promise.resolve(),
    follow: (trainee) => {
      let isWhole = true
      return {
        get isWhole() {
          return isWhole
        },
        async step(gradient, options) {
          for (;;) {
            if (isWhole) {
              const averaged = await average(init, gradient, options, ofGradients)
              if (averaged !== undefined) {
                trainee.apply(gradient)
                const { hasNewcomers, ...rest } = averaged
                if (hasNewcomers) isWhole = (await share(init, trainee, 1, options)) !== undefined
                if (isWhole) return { ...rest, caughtUp: false }
              }
              isWhole = false
              trainee.onBehind?.()
            }
            const nothing = new Float32Array(gradient.length)
            const late = { ...options, weight: 0, enterLate: true }
            const entered = await average(init, nothing, late, ofGradients)
            if (entered === undefined) continue
            isWhole = (await share(init, trainee, 0, options)) !== undefined
            const { hasNewcomers: _, ...rest } = entered
            if (isWhole) return { ...rest, caughtUp: true }
          }
        }
      }
    }
  }
}

/** Averages states exactly: in float64 the mean of equal float32 values is what they are. */
async function share(
  init: FollowingInit,
  { tensors }: Trainee,
  weight: number,
  { signal }: StepOptions
): Promise<Averaged | undefined> {
  const shared = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, Float64Array.from(tensor)])
  )
  const averaged = await average(init, shared, { weight, signal })
  if (averaged !== undefined) {
    for (const [name, tensor] of Object.entries(tensors)) tensor.set(shared[name] ?? [])
  }
  return averaged
}

/** States cross as they are, and are equal where they count. */
const NEITHER = { compressor: undefined, rule: undefined }

/** @returns `undefined` if the others went on without this peer: values are as they were */
async function average(
  { run, needed, onWaiting }: FollowingInit,
  values: Values,
  { signal, ...given }: ReduceOptions,
  own: Pick<FollowingInit, 'compressor' | 'rule'> = NEITHER
): Promise<Averaged | undefined> {
  using presence = watchPresence(run, needed, onWaiting)
  const both = AbortSignal.any([presence.signal, ...(signal === undefined ? [] : [signal])])
  for (let tries = 1; ; tries++) {
    try {
      const result = await run.allReduce(values, { ...given, ...own, signal: both })
      const { participants, newcomers, bytesSent } = result
      return { participants: participants.length, hasNewcomers: newcomers.length > 0, bytesSent }
    } catch (error) {
      if (!(error instanceof RoundError) || tries === MAX_TRIES) throw error
      if (error.code === 'BEHIND') return undefined
      const isStranger = error.code === 'REQUEST_MISMATCH' && given.weight === 0
      if (isStranger && given.enterLate !== true) return undefined
      if (!isStranger && error.code !== 'OUTCOME_UNKNOWN') throw error
      presence.look()
    }
  }
}
