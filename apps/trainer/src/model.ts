import { init, jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax'
import type { Batch } from './batches.ts'
import { CLASSES, PIXELS } from './constants.ts'
import type { Examples } from './digits.ts'
import { PARAMETER_COUNT, TENSORS, volume, type Tensor } from './parameters.ts'

// A type, not an interface: jax-js takes only those for trees.
type Parameters = Record<Tensor['name'], np.Array>

/** The loss of a batch and its gradient. */
export interface Gradient {
  /** Mean cross-entropy, in nats. */
  readonly loss: number
  /** As long as the parameters and in their order. */
  readonly values: Float32Array<ArrayBuffer>
}

/**
 * A perceptron 784-128-10 with rectified units, computed by jax-js. Parameters
 * are one flat array, so that they can be averaged and compared as one.
 */
export interface Model {
  gradient(parameters: Float32Array<ArrayBuffer>, batch: Batch): Promise<Gradient>
  /** Share of the examples whose digit is recognized, 0 to 1. */
  accuracy(parameters: Float32Array<ArrayBuffer>, examples: Examples): Promise<number>
}

/** Compiles the model. */
export async function createModel(): Promise<Model> {
  await init('wasm')
  const lossAndGradient = jit(valueAndGrad(crossEntropy))
  const predict = jit(logits)
  return {
    async gradient(parameters, batch) {
      const pixels = np.array(batch.pixels).reshape([batch.length, PIXELS])
      const targets = np.array(batch.targets).reshape([batch.length, CLASSES])
      const [loss, gradient] = lossAndGradient(toTensors(parameters), pixels, targets)
      const values = new Float32Array(PARAMETER_COUNT)
      let offset = 0
      for (const { name, shape } of TENSORS) {
        values.set(float32(await gradient[name].data()), offset)
        offset += volume(shape)
      }
      return { loss: float32(await loss.data())[0] ?? Number.NaN, values }
    },
    async accuracy(parameters, examples) {
      const pixels = np.array(examples.pixels).reshape([examples.length, PIXELS])
      const scores = float32(await predict(toTensors(parameters), pixels).data())
      let right = 0
      for (const [example, label] of examples.labels.entries()) {
        const mine = scores.subarray(example * CLASSES, (example + 1) * CLASSES)
        if (mine.indexOf(Math.max(...mine)) === label) right++
      }
      return right / examples.length
    }
  }
}

// jax-js arrays are counted references and every use consumes one; `.ref` takes another.
function logits(parameters: Parameters, pixels: np.Array): np.Array {
  const hidden = nn.relu(np.matmul(pixels, parameters.hiddenWeights).add(parameters.hiddenBias))
  return np.matmul(hidden, parameters.outputWeights).add(parameters.outputBias)
}

function crossEntropy(parameters: Parameters, pixels: np.Array, targets: np.Array): np.Array {
  return nn.logSoftmax(logits(parameters, pixels)).mul(targets).sum(-1).mean().neg()
}

function toTensors(parameters: Float32Array<ArrayBuffer>): Parameters {
  const tensors: Partial<Parameters> = {}
  let offset = 0
  for (const { name, shape } of TENSORS) {
    const length = volume(shape)
    tensors[name] = np.array(parameters.subarray(offset, offset + length)).reshape([...shape])
    offset += length
  }
  return tensors as Parameters
}

function float32(data: ArrayLike<number>): Float32Array {
  if (!(data instanceof Float32Array)) throw new TypeError('jax-js gave values that are no float32')
  return data
}
