import type { CollectiveCompressor } from '@daa-compute/interface'
import { CodecError } from '../errors.ts'
import { MAX_LAYOUT_LENGTH, MAX_RANK } from './constants.ts'
import { beginRound, type Memory } from './round.ts'
import { fingerprint } from './start-columns.ts'
import { layOutTensors, type TensorShape } from './tensors.ts'

export type { TensorShape } from './tensors.ts'

export interface PowerSgdInit {
  /** Columns of the factors, 1 to 64: 1 to 4 do for most models. */
  readonly rank: number
  /**
   * Shapes of the tensors that lie in the values, in their order. Their first side
   * is the rows of a matrix, the others together its columns.
   */
  readonly shapes: readonly TensorShape[]
}

/**
 * PowerSGD (Vogels, Karimireddy and Jaggi 2019): matrices of a gradient are
 * all-reduced as two thin factors, `P = (M + E) Q` and `Q = (M + E)ᵀ P` with
 * orthonormal `P`, one step of a power iteration that goes on where the last round
 * ended (warm start). Their product is the result; what it lacks of this rank's
 * `M + E` is `E` of the next round (error feedback). Vectors and matrices that it
 * would not make smaller go as they are.
 *
 * A rank that has missed a round has another `Q`. So the first exchange of a round,
 * 16 bytes, finds out whether all have the same, and otherwise all begin with one
 * by chance.
 *
 * One per run and kind of gradient; it takes twice the memory of the values.
 *
 * @throws {CodecError} `BAD_PARAMETER`
 */
export function createPowerSgd({ rank, shapes }: PowerSgdInit): CollectiveCompressor {
  if (!Number.isInteger(rank) || rank < 1 || rank > MAX_RANK) {
    throw bad('rank', `the rank of powersgd is an integer of 1 to ${MAX_RANK}, got ${rank}`, rank)
  }
  const layout = layOutTensors(shapes, rank)
  if (layout.length === 0) throw bad('shapes', 'the shapes given to powersgd have no values', 0)
  const memory: Memory = {
    error: new Float32Array(layout.length),
    input: new Float32Array(layout.length),
    columns: undefined,
    round: 0
  }
  return {
    name: `powersgd:${rank}`,
    layout: describe(shapes),
    assertFits({ op, dtype, length }) {
      if (op !== 'mean') throw bad('op', `powersgd makes means, no ${op}`, op)
      if (dtype !== 'float32') throw bad('dtype', `powersgd is for float32, not ${dtype}`, dtype)
      if (length === layout.length) return
      const message = `the shapes given to powersgd have ${layout.length} values, not ${length}`
      throw bad('length', message, length)
    },
    begin: (values, init) => beginRound(layout, memory, values, init),
    forget() {
      memory.round++
      memory.error.fill(0)
      memory.columns = undefined
    }
  }
}

/** In full where that is short, otherwise the beginning and a hash. */
function describe(shapes: readonly TensorShape[]): string {
  const whole = shapes.map((shape) => shape.join('x')).join(',')
  if (whole.length <= MAX_LAYOUT_LENGTH) return whole
  const codes = Float32Array.from(whole, (character) => character.charCodeAt(0))
  const tail = `... (${shapes.length} tensors, ${fingerprint(codes).join(' ')})`
  return whole.slice(0, MAX_LAYOUT_LENGTH - tail.length) + tail
}

function bad(name: string, message: string, value: string | number): CodecError<'BAD_PARAMETER'> {
  return new CodecError('BAD_PARAMETER', message, { name, parameter: String(value) })
}
