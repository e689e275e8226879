import { createCodecForm } from './codec-form.ts'
import type { Form } from './form.ts'
import { createHalfForm } from './half-form.ts'
import { createRawForm } from './raw-form.ts'
import type { ValueStoreInit } from './value-store.ts'

/** The form that a plan's dtype and the codec ask for; that they fit has been checked. */
export function createForm(init: ValueStoreInit): Form {
  const { plan, values, codec, steps, undo, allowNonFinite } = init
  switch (plan.dtype) {
    case 'float16':
    case 'bfloat16': {
      const sums = undo.sums(plan.length)
      return createHalfForm(values as Uint16Array, plan.dtype, sums, allowNonFinite)
    }
    case 'float64':
      return createRawForm(values as Float64Array, plan.dtype, allowNonFinite)
    case 'float32': {
      const floats = values as Float32Array
      if (codec !== undefined) return createCodecForm(floats, codec, steps, plan.segmentLength)
      return createRawForm(floats, plan.dtype, allowNonFinite)
    }
  }
}
