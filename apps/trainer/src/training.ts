import { createHash } from 'node:crypto'
import type { AbortOptions } from '@daa-compute/interface'
import type { Averager } from './averager.ts'
import { createBatches } from './batches.ts'
import { TEST_INTERVAL } from './constants.ts'
import type { Examples } from './digits.ts'
import type { Model } from './model.ts'
import { createAdam } from './optimizer.ts'
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
  /** Called after each step. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
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
 * @throws whatever the averager throws
 */
export async function train(init: TrainingInit): Promise<Trained> {
  const { model, averager, steps, signal } = init
  const parameters = initialParameters(init.seed)
  const optimizer = createAdam(parameters.length, steps)
  const draw = createBatches(init.examples, init.batch, createSequence(init.seed, init.stream + 1))
  let loss = Number.NaN
  let accuracy: number | undefined
  let participants = Number.POSITIVE_INFINITY
  let bytesSent = 0
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted()
    const batch = draw()
    const gradient = await model.gradient(parameters, batch)
    const averaged = await averager.average(gradient.values, { weight: batch.length, signal })
    optimizer.step(parameters, gradient.values)
    loss = gradient.loss
    participants = Math.min(participants, averaged.participants)
    bytesSent += averaged.bytesSent
    const last = step + 1 === steps
    if (last || (step + 1) % TEST_INTERVAL === 0) {
      accuracy = await model.accuracy(parameters, init.test)
    }
    const progress = { step: step + 1, steps, loss, accuracy, bytesSent }
    init.onProgress?.({ ...progress, participants: averaged.participants })
  }
  const digest = createHash('sha256').update(parameters).digest('hex')
  return { rounds: steps, accuracy: accuracy ?? 0, loss, participants, bytesSent, digest }
}
