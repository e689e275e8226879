import type { DType } from '@daa-compute/interface'
import { findNonFinite, type Floats } from './arithmetic.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { Form } from './form.ts'
import type { Segment } from './layout.ts'
import { bytesOf } from './tensor.ts'

/**
 * Float32 or float64 as they are, summed in place. Nothing is copied: the bytes
 * are the memory of the values themselves.
 */
export function createRawForm(
  values: Floats,
  dtype: Extract<DType, 'float32' | 'float64'>,
  allowNonFinite: boolean
): Form {
  const sums = ({ start, end }: Segment): Floats => values.subarray(start, end)
  const bytes = (segment: Segment): Uint8Array => bytesOf(sums(segment))
  const decode = ({ start, end }: Segment, payload: Uint8Array): Floats => {
    const length = end - start
    assertLength(payload, length, values.BYTES_PER_ELEMENT, dtype)
    return dtype === 'float32'
      ? new Float32Array(payload.buffer, payload.byteOffset, length)
      : new Float64Array(payload.buffer, payload.byteOffset, length)
  }
  return {
    partialCapacity: 0,
    load: () => undefined,
    sums,
    encodePartial: bytes,
    decodePartial: decode,
    finish: bytes,
    take(segment, payload) {
      const incoming = decode(segment, payload)
      if (!allowNonFinite) assertFinite(incoming, dtype)
      sums(segment).set(incoming)
    },
    finished: bytes,
    release: () => undefined
  }
}

/** @throws {AttemptFailure} unless the bytes are so many elements */
export function assertLength(
  payload: Uint8Array,
  length: number,
  elementLength: number,
  what: string
): void {
  if (payload.byteLength === length * elementLength) return
  throw new AttemptFailure(
    `a segment of ${length} ${what} values came as ${payload.byteLength} bytes`
  )
}

/** Lossy codecs decode to nothing else, and a finisher that is honest has looked. */
export function assertFinite(values: Floats | Uint16Array, dtype: DType): void {
  const bad = findNonFinite(values, dtype)
  if (bad !== -1) throw new AttemptFailure('a result that is not finite')
}
