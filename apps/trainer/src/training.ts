import { createHash } from 'node:crypto'
import type { AbortOptions } from '@daa-compute/interface'
import type { Averager } from './averager.ts'
import { createBatches } from './batches.ts'
import { TEST_INTERVAL } from './constants.ts'
import type { Examples } from './digits.ts'
import type { Model } from './model.ts'
import { createState, packState, takeStep, unpackState } from './optimizer.ts'
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
  /** By this peer, from the start. */
  readonly bytesSent: number
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
 * A peer that the others went on without takes part with weight 0 until they have
 * shared their state with it. They do right after a step that has newcomers: all
 * who took part in it know that, and nobody has to ask.
 *
 * @throws whatever the averager throws
 */
export async function train(init: TrainingInit): Promise<Trained> {
  const { model, averager, steps, signal } = init
  const state = createState(initialParameters(init.seed))
  const draw = createBatches(init.examples, init.batch, createSequence(init.seed, init.stream + 1))
  const nothing = new Float32Array(state.parameters.length)
  let isBehind = false
  let loss = Number.NaN
  let accuracy: number | undefined
  let participants = Number.POSITIVE_INFINITY
  let bytesSent = 0

  const fallBehind = (): void => {
    if (!isBehind) init.onBehind?.(state.taken)
    isBehind = true
  }
  const share = async (): Promise<void> => {
    const shared = packState(state)
    const averaged = await averager.share(shared, { weight: isBehind ? 0 : 1, signal })
    if (averaged === undefined) return fallBehind()
    bytesSent += averaged.bytesSent
    unpackState(state, shared)
    if (!isBehind) return
    isBehind = false
    accuracy = undefined
    init.onCaughtUp?.(state.taken)
  }

  while (state.taken < steps) {
    signal?.throwIfAborted()
    if (isBehind) {
      const options = { weight: 0, enterLate: true, signal }
      const averaged = await averager.average(nothing.fill(0), options)
      if (averaged === undefined) continue
      participants = Math.min(participants, averaged.participants)
      bytesSent += averaged.bytesSent
      await share()
      continue
    }
    const batch = draw()
    const gradient = await model.gradient(state.parameters, batch)
    const averaged = await averager.average(gradient.values, { weight: batch.length, signal })
    if (averaged === undefined) {
      fallBehind()
      continue
    }
    takeStep(state, gradient.values, steps, init.rate)
    loss = gradient.loss
    participants = Math.min(participants, averaged.participants)
    bytesSent += averaged.bytesSent
    if (state.taken === steps || state.taken % TEST_INTERVAL === 0) {
      accuracy = await model.accuracy(state.parameters, init.test)
    }
    const progress = { step: state.taken, steps, loss, accuracy, bytesSent }
    init.onProgress?.({ ...progress, participants: averaged.participants })
    if (averaged.hasNewcomers) await share()
  }
  accuracy ??= await model.accuracy(state.parameters, init.test)
  const digest = createHash('sha256').update(state.parameters).digest('hex')
  return { rounds: state.taken, accuracy, loss, participants, bytesSent, digest }
}
