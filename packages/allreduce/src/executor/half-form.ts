import { findNonFinite } from './arithmetic.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { Form } from './form.ts'
import { type HalfType, narrow, widen } from './half.ts'
import type { Segment } from './layout.ts'
import { assertFinite, assertLength } from './raw-form.ts'
import { bytesOf } from './tensor.ts'

/**
 * Float16 and bfloat16: summed in float32, and partial sums cross the network as
 * float32, so that the result is rounded to the half type once, by its finisher,
 * however many ranks there are. Rounding at each hop instead would send a third
 * less and cost up to `size` roundings, which bfloat16 with its eight bits has
 * not got, and sums that overflow where their mean does not.
 *
 * Error of a result: half a unit in the last place of the half type, and the
 * float32 sum's own, at most `size` times 2^-24 of the sum of the magnitudes.
 *
 * Bytes per element: 4 where partial sums go, 2 where results go.
 *
 * @param sums as many elements as `values`
 */
export function createHalfForm(
  values: Uint16Array,
  type: HalfType,
  sums: Float32Array,
  allowNonFinite: boolean
): Form {
  const bits = ({ start, end }: Segment): Uint16Array => values.subarray(start, end)
  const floats = ({ start, end }: Segment): Float32Array => sums.subarray(start, end)
  return {
    partialCapacity: 0,
    load: (segment) => widen(type, bits(segment), floats(segment)),
    sums: floats,
    encodePartial: (segment) => bytesOf(floats(segment)),
    decodePartial({ start, end }, payload) {
      assertLength(payload, end - start, 4, 'float32')
      return new Float32Array(payload.buffer, payload.byteOffset, end - start)
    },
    finish(segment) {
      const out = bits(segment)
      narrow(type, floats(segment), out)
      const bad = allowNonFinite ? -1 : findNonFinite(out, type)
      if (bad === -1) return bytesOf(out)
      throw new AttemptFailure(
        `the result at index ${segment.start + bad} is beyond the range of ${type}`
      )
    },
    take(segment, payload) {
      const length = segment.end - segment.start
      assertLength(payload, length, 2, type)
      const incoming = new Uint16Array(payload.buffer, payload.byteOffset, length)
      if (!allowNonFinite) assertFinite(incoming, type)
      bits(segment).set(incoming)
    },
    finished: (segment) => bytesOf(bits(segment)),
    release: () => undefined
  }
}
