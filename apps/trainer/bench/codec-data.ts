import { createBatches } from '../src/batches.ts'
import { DEFAULT_BATCH, DEFAULT_STEPS } from '../src/constants.ts'
import { readDigits, splitDigits } from '../src/digits.ts'
import { createModel } from '../src/model.ts'
import { createState, takeStep } from '../src/optimizer.ts'
import { initialParameters } from '../src/parameters.ts'
import { createSequence, type Sequence } from '../src/random.ts'

/** Values of the made-up data: 4 MiB. */
const LENGTH = 1 << 20

/** Share of the values of the sparse data that are not zero. */
const DENSITY = 0.1

/** Gradients are taken at every so many steps, and lie one behind the other. */
const GRADIENT_EVERY = 60

const SEED = 1

/** What codecs are measured on. */
export interface Sample {
  readonly name: string
  readonly values: Float32Array
}

/** Gradients of the trainer over a whole run, a bell curve, and one with zeros. */
export async function createSamples(): Promise<readonly Sample[]> {
  const bell = bellCurve(createSequence(SEED))
  const kept = createSequence(SEED, 1)
  return [
    { name: 'gradients', values: await gradients() },
    { name: 'N(0,1)', values: bell },
    { name: 'sparse', values: bell.map((value) => (kept.unit() < DENSITY ? value : 0)) }
  ]
}

async function gradients(): Promise<Float32Array> {
  const { train } = splitDigits(await readDigits())
  const model = await createModel()
  const draw = createBatches(train, DEFAULT_BATCH, createSequence(SEED))
  const state = createState(initialParameters(SEED))
  const taken: Float32Array[] = []
  for (let step = 0; step < DEFAULT_STEPS; step++) {
    const { values } = await model.gradient(state.parameters, draw())
    if (step % GRADIENT_EVERY === 0) taken.push(values)
    takeStep(state, values, DEFAULT_STEPS)
  }
  const all = new Float32Array(taken.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const values of taken) {
    all.set(values, at)
    at += values.length
  }
  return all
}

/** N(0,1) by Box and Muller. */
function bellCurve(sequence: Sequence): Float32Array {
  return Float32Array.from(
    { length: LENGTH },
    () => Math.sqrt(-2 * Math.log(1 - sequence.unit())) * Math.cos(2 * Math.PI * sequence.unit())
  )
}
