import type { Plan } from '@daa-compute/interface'
import { createCodecForm } from './codec-form.ts'
import type { Form } from './form.ts'
import { createHalfForm } from './half-form.ts'
import { createRawForm } from './raw-form.ts'
import type { ValueStoreInit } from './value-store.ts'

/** The form that a plan's dtype and the codec ask for; that they fit has been checked. */
export function createForm(init: ValueStoreInit): Form {
  const { plan, values, codec, steps, undo, allowNonFinite, residual } = init
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
      if (codec !== undefined) {
        const { segmentLength } = plan
        const weight = plan.op === 'mean' ? init.weight : 1
        const { resultCodec = codec } = init
        const seed = seedOf(plan, init.rank)
        return createCodecForm({
          values: floats,
          codec,
          resultCodec,
          steps,
          segmentLength,
          residual,
          weight,
          seed
        })
      }
      return createRawForm(floats, plan.dtype, allowNonFinite)
    }
  }
}

/** Bits that no two attempts and ranks share; the lower 32 are left for the segment's number. */
function seedOf({ digest }: Plan, rank: number): bigint {
  const view = new DataView(digest.buffer, digest.byteOffset, 8)
  return view.getBigUint64(0, true) ^ (BigInt(rank) << 32n)
}
