import type { Hasher, Plan } from '@daa-compute/interface'
import { AttemptFailure } from './attempt-failure.ts'
import type { Layout } from './layout.ts'
import type { SegmentStore } from './segment-store.ts'
import { bytesOf } from './tensor.ts'

/** Squared distances of float32 values, however many, stay below; sums of so many do not overflow. */
const MAX_NUMBER = 1e100

const NOTHING = new Uint8Array(0)

export interface NumberStoreInit {
  readonly plan: Plan
  /** A chunk per rank, of equal lengths. */
  readonly layout: Layout
  /** This rank's chunk is filled in. */
  readonly numbers: Float64Array
  readonly hasher: Hasher
}

/**
 * Numbers that every rank tells all others, of which each checks that they can be true: a
 * rank that tells what is negative, not finite or out of bounds is at fault.
 */
export function createNumberStore({
  plan,
  layout,
  numbers,
  hasher
}: NumberStoreInit): SegmentStore {
  const at = (chunk: number, segment: number): Float64Array => {
    const { start, end } = layout.segment(chunk, segment)
    return numbers.subarray(start, end)
  }
  return {
    outgoing: (_step, chunk, segment) => bytesOf(at(chunk, segment)),
    outgoingWeight: () => 0,
    payloadLength: (_step, _chunk, _segment, payload) => payload.byteLength,
    createScratch: () => NOTHING,
    sent: () => undefined,
    reduce() {
      throw new RangeError('numbers are told, not reduced')
    },
    finish: () => undefined,
    copy(_step, chunk, segment, payload) {
      const into = at(chunk, segment)
      if (payload.byteLength !== into.byteLength) {
        throw new AttemptFailure(`${into.length} numbers as ${payload.byteLength} bytes`)
      }
      const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
      for (let i = 0; i < into.length; i++) {
        const number = view.getFloat64(8 * i, true)
        if (!(number >= 0 && number <= MAX_NUMBER)) {
          throw new AttemptFailure(`${number}, which no shard comes to`)
        }
        into[i] = number
      }
    },
    digest() {
      const hash = hasher.create()
      hash.update(plan.digest)
      hash.update(bytesOf(numbers))
      return hash.digest()
    }
  }
}
