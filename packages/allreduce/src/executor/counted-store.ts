import { type Codec, countedBytes, type Hasher, type Plan } from '@daa-compute/interface'
import type { Step } from '../schedule/schedule.ts'
import type { Layout } from './layout.ts'
import type { SegmentStore } from './segment-store.ts'
import { ELEMENT_LENGTH } from './tensor.ts'

export interface CountedStoreInit {
  readonly plan: Plan
  readonly steps: readonly Step[]
  readonly layout: Layout
  readonly codec: Codec | undefined
  readonly hasher: Hasher
}

/**
 * The segments of a tensor of which only the length counts. With a codec the
 * lengths are upper bounds, as there are no values to encode.
 */
export function createCountedStore(init: CountedStoreInit): SegmentStore {
  const { plan, steps, layout, codec, hasher } = init
  const finished = new Set<number>()
  // by step, as a rank may be asked for a later step before an earlier chunk is done
  const isFinished = steps.map(({ op, chunk }) => {
    if (op === 'finish' || op === 'copy') finished.add(chunk)
    return finished.has(chunk)
  })
  const isHalf = ELEMENT_LENGTH[plan.dtype] === 2
  const lengthOf = (step: number, chunk: number, segment: number): number => {
    const { start, end } = layout.segment(chunk, segment)
    const elements = end - start
    if (codec !== undefined) return codec.maxEncodedLength(elements)
    const partial = isHalf && isFinished[step] !== true
    return elements * (partial ? 4 : ELEMENT_LENGTH[plan.dtype])
  }
  return {
    outgoing: (step, chunk, segment) => countedBytes(lengthOf(step, chunk, segment)),
    payloadLength: lengthOf,
    outgoingWeight: () => 0,
    createScratch: () => new Uint8Array(0),
    sent: () => undefined,
    reduce: () => undefined,
    finish: () => undefined,
    copy: () => undefined,
    digest() {
      const hash = hasher.create()
      hash.update(plan.digest)
      return hash.digest()
    }
  }
}
