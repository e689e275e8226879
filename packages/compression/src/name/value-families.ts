import { VALUE_IDS } from '../constants.ts'
import { keptCount } from '../kept-count.ts'
import { chooseFrom, chooseLargest, chooseNonZero } from '../sparse/choosers.ts'
import { createFloat32Stage } from '../stages/float32-stage.ts'
import { createBlockStage, createHalfStage } from '../stages/format-stage.ts'
import { createRandomkStage } from '../stages/randomk-stage.ts'
import { createSignStage } from '../stages/sign-stage.ts'
import { createSparseStage } from '../stages/sparse-stage.ts'
import {
  parseFraction,
  parseMagnitude,
  parseNothing,
  parseRounding,
  STOCHASTIC
} from './parameters.ts'
import type { ValueFamily } from './value-family.ts'

/** log2 of the values that share one scale in `int8` and `int4`. */
const BLOCK_EXPONENT = 8

const float32: ValueFamily = {
  name: 'float32',
  form: 'float32',
  parse: parseNothing,
  create: (_name, _parameter, kernels) => createFloat32Stage(kernels)
}

const float16: ValueFamily = {
  name: 'float16',
  form: 'float16',
  parse: parseNothing,
  create: (name, _parameter, { float16: format }) =>
    createHalfStage({ name, id: VALUE_IDS.float16, blockExponent: 0, format, largest: 65_504 })
}

const bfloat16: ValueFamily = {
  name: 'bfloat16',
  form: 'bfloat16',
  parse: parseNothing,
  create: (name, _parameter, { bfloat16: format }) =>
    createHalfStage({
      name,
      id: VALUE_IDS.bfloat16,
      blockExponent: 0,
      format,
      largest: (2 - 2 ** -7) * 2 ** 127
    })
}

const int8 = blockFamily('int8')
const int4 = blockFamily('int4')

function blockFamily(name: 'int8' | 'int4'): ValueFamily {
  return {
    name,
    form: `${name}[:${STOCHASTIC}]`,
    parse: parseRounding,
    create: (canonical, parameter, kernels) =>
      createBlockStage({
        name: canonical,
        id: VALUE_IDS[name],
        blockExponent: BLOCK_EXPONENT,
        format: kernels[name],
        stochastic: parameter === STOCHASTIC
      })
  }
}

const sign: ValueFamily = {
  name: 'sign',
  form: 'sign',
  parse: parseNothing,
  create: (_name, _parameter, kernels) => createSignStage(kernels)
}

const sparse: ValueFamily = {
  name: 'sparse',
  form: 'sparse',
  parse: parseNothing,
  create: (name, _parameter, kernels) =>
    createSparseStage({
      name,
      id: VALUE_IDS.sparse,
      lossless: true,
      maxKept: (count) => count,
      chooserFor: (values) => chooseNonZero(kernels, values)
    })
}

const topk: ValueFamily = {
  name: 'topk',
  form: 'topk:FRACTION, FRACTION being above 0 and at most 1',
  parse: parseFraction,
  create(name, parameter, kernels) {
    const maxKept = (count: number): number => keptCount(Number(parameter), count)
    return createSparseStage({
      name,
      id: VALUE_IDS.topk,
      lossless: false,
      maxKept,
      chooserFor: (values) => chooseLargest(kernels, values, maxKept(values.length))
    })
  }
}

const threshold: ValueFamily = {
  name: 'threshold',
  form: 'threshold:T, T being above 0',
  parse: parseMagnitude,
  create: (name, parameter, kernels) =>
    createSparseStage({
      name,
      id: VALUE_IDS.threshold,
      lossless: false,
      maxKept: (count) => count,
      chooserFor: (values) => chooseFrom(kernels, values, Number(parameter))
    })
}

const randomk: ValueFamily = {
  name: 'randomk',
  form: 'randomk:FRACTION, FRACTION being above 0 and at most 1',
  parse: parseFraction,
  create: (name, parameter, kernels) => createRandomkStage(name, Number(parameter), kernels)
}

/** All that a codec's name may begin with. */
export const VALUE_FAMILIES: readonly ValueFamily[] = [
  float32,
  float16,
  bfloat16,
  int8,
  int4,
  sign,
  sparse,
  topk,
  randomk,
  threshold
]
