import { createHash } from 'node:crypto'
import type { AbortOptions } from '@daa-compute/interface'
import type { Averager, Stepped } from './averager.ts'
import { createBatches } from './batches.ts'
import { TEST_INTERVAL } from './constants.ts'
import type { Examples } from './digits.ts'
import type { Model } from './model.ts'
import { createMixer, createState, stepsOf, takeStep } from './optimizer.ts'
import { initialParameters } from './parameters.ts'
import { createSequence } from './random.ts'

/** What to train, on what, and with whom. */
export interface TrainingInit extends AbortOptions {
  readonly model: Model
  /** The part of the data that this peer learns from. */
  readonly examples: Examples
  readonly test: Examples
  readonly averager: Averager
  /** Equal on all peers: the initial parameters come from it. */
  readonly seed: number
  /** Different on all peers: which order of examples comes from the seed. */
  readonly stream: number
  /** Steps of the run, equal on all peers. */
  readonly steps: number
  /** Examples of a batch. */
  readonly batch: number
  /** Highest step size of the optimizer. */
  readonly rate: number
  /** Whether peers bring running means of their gradients: for rules. Default `false` */
  readonly mixes?: boolean | undefined
  /** Changes each gradient before it is averaged, for experiments. Default: nothing */
  readonly lie?: ((gradient: Float32Array) => void) | undefined
  /** Called after each step. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Called when the others have gone on without this peer, with the steps it has taken. */
  readonly onBehind?: ((step: number) => void) | undefined
  /** Called when it has their state, with the steps they have taken. */
  readonly onCaughtUp?: ((step: number) => void) | undefined
}

/** Where training stands after a step. */
export interface Progress {
  /** Steps taken. */
  readonly step: number
  readonly steps: number
  /** Mean cross-entropy of this peer's latest batch, in nats. */
  readonly loss: number
  /** At the latest test, 0 to 1; `undefined` before the first. */
  readonly accuracy: number | undefined
  /** Peers in the latest average. */
  readonly participants: number
  /** By this peer, from the start; of a swarm, by all its peers. */
  readonly bytesSent: number
  /** What should be known with the numbers, for people. */
  readonly note?: string | undefined
}

/** What training came to. */
export interface Trained {
  readonly rounds: number
  /** Share of the test digits that are recognized, 0 to 1. */
  readonly accuracy: number
  /** Mean cross-entropy of the last batch, in nats. */
  readonly loss: number
  /** Fewest peers in any average. */
  readonly participants: number
  readonly bytesSent: number
  /** SHA-256 of the parameters' bytes, in hexadecimal. */
  readonly digest: string
}

/**
 * Synchronous data-parallel training: in each step every peer computes the
 * gradient of a batch of its own, the gradients are averaged by the number of
 * their examples, and every peer applies the same mean to the same parameters.
 *
 * A peer that the others went on without takes over their state by itself; the step
 * in which it does counts for them, and its own gradient does not.
 *
 * @throws whatever the averager throws
 */
export async function train(init: TrainingInit): Promise<Trained> {
  const { model, steps, signal } = init
  const state = createState(initialParameters(init.seed))
  const draw = createBatches(init.examples, init.batch, createSequence(init.seed, init.stream + 1))
  const mix = init.mixes === true ? createMixer(state.parameters.length) : undefined
  let loss = Number.NaN
  let accuracy: number | undefined
  let participants = Number.POSITIVE_INFINITY
  let bytesSent = 0
  const follower = await init.averager.follow({
    tensors: { ...state },
    apply: (mean) => takeStep(state, mean, steps, init.rate, mix !== undefined),
    onBehind: () => init.onBehind?.(stepsOf(state))
  })
  const isOver = (): boolean => stepsOf(state) >= steps

  while (!isOver()) {
    signal?.throwIfAborted()
    const batch = draw()
    const gradient = await model.gradient(state.parameters, batch)
    mix?.(gradient.values)
    init.lie?.(gradient.values)
    let stepped: Stepped
    try {
      stepped = await follower.step(gradient.values, { weight: batch.length, signal })
    } catch (error) {
      // the others have taken the last step and left before this peer had a part in one
      if (isOver() && follower.isWhole) break
      throw error
    }
    const step = stepsOf(state)
    if (stepped.caughtUp) {
      accuracy = undefined
      init.onCaughtUp?.(step)
    } else loss = gradient.loss
    participants = Math.min(participants, stepped.participants)
    bytesSent += stepped.bytesSent
    if (isOver() || step % TEST_INTERVAL === 0) {
      accuracy = await model.accuracy(state.parameters, init.test)
    }
    const progress = { step, steps, loss, accuracy, bytesSent }
    init.onProgress?.({ ...progress, participants: stepped.participants })
  }
  accuracy = await model.accuracy(state.parameters, init.test)
  const digest = createHash('sha256').update(state.parameters).digest('hex')
  return { rounds: stepsOf(state), accuracy, loss, participants, bytesSent, digest }
}
