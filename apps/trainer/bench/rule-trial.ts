import { aggregate } from '@daa-compute/node'
import { createBatches } from '../src/batches.ts'
import {
  DEFAULT_BATCH,
  DEFAULT_STEPS,
  LEARNING_RATE,
  ROBUST_LEARNING_RATE
} from '../src/constants.ts'
import { type Examples, readDigits, shardEvenly, splitDigits } from '../src/digits.ts'
import { createLiar, type Lie } from '../src/lies.ts'
import { createModel, type Model } from '../src/model.ts'
import { createMixer, createState, takeStep } from '../src/optimizer.ts'
import { initialParameters, PARAMETER_COUNT } from '../src/parameters.ts'
import { createSequence } from '../src/random.ts'
import { parsedRule } from '../src/rule.ts'

const SEED = 1

/** A swarm in which some lie, and what it averages by. */
export interface Trial {
  readonly peers: number
  /** How many of them lie: the last ones. */
  readonly liars: number
  /** As a flag has it, or `mean`: of gradients as they are, Adam has its own running mean. */
  readonly rule: string
  readonly lie: Lie | 'none'
}

/** Tries one. @returns the accuracy on the digits held out, 0 to 1 */
export type Tester = (trial: Trial, steps?: number) => Promise<number>

/** Lies that are the same whatever the gradient is: it need not be computed. */
const INDEPENDENT: ReadonlySet<Lie> = new Set(['noise', 'constant'])

/**
 * Trains as `perform` does for peers of one process, to the same bits, in half the time:
 * as all of them have the same parameters, there is one copy of these, and one optimizer.
 */
export async function createTester(): Promise<Tester> {
  const { train, test } = splitDigits(await readDigits())
  const model = await createModel()
  return async (trial, steps = DEFAULT_STEPS) => {
    const isRobust = trial.rule !== 'mean'
    const combine = isRobust ? combineBy(trial.rule) : meanOf
    const rate = isRobust ? ROBUST_LEARNING_RATE : LEARNING_RATE
    const peers = Array.from({ length: trial.peers }, (_, index) =>
      createPeer(model, train, trial, index)
    )
    const state = createState(initialParameters(SEED))
    for (let step = 0; step < steps; step++) {
      const brought: Float32Array[] = []
      for (const bring of peers) brought.push(await bring(state.parameters))
      takeStep(state, combine(brought), steps, rate, isRobust)
    }
    return await model.accuracy(state.parameters, test)
  }
}

type Bring = (parameters: Float32Array<ArrayBuffer>) => Promise<Float32Array>

/** What one peer brings to a step. */
function createPeer(
  model: Model,
  train: Examples,
  { peers, liars, rule, lie }: Trial,
  index: number
): Bring {
  const examples = shardEvenly(train, index, peers)
  const draw = createBatches(examples, DEFAULT_BATCH, createSequence(SEED, index + 1))
  const mix = rule === 'mean' ? undefined : createMixer(PARAMETER_COUNT)
  const told = lie === 'none' || index < peers - liars ? undefined : lie
  const change = told && createLiar(told, SEED, index)
  return async (parameters) => {
    if (change !== undefined && told !== undefined && INDEPENDENT.has(told)) {
      const values = new Float32Array(PARAMETER_COUNT)
      change(values)
      return values
    }
    const { values } = await model.gradient(parameters, draw())
    mix?.(values)
    change?.(values)
    return values
  }
}

type Combine = (brought: readonly Float32Array[]) => Float32Array

function combineBy(text: string): Combine {
  const rule = parsedRule(text)
  return (brought) => aggregate(brought, rule).values
}

/** Of batches that are equally large: in float64, in the order of the peers, rounded once. */
function meanOf(brought: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(PARAMETER_COUNT)
  for (const values of brought) {
    for (let i = 0; i < sums.length; i++) {
      sums[i] = (sums[i] ?? 0) + (values[i] ?? 0) * DEFAULT_BATCH
    }
  }
  const total = brought.length * DEFAULT_BATCH
  return Float32Array.from(sums, (sum) => sum / total)
}
