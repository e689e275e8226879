import type { Codec } from '@daa-compute/interface'
import type { Step } from '../schedule/schedule.ts'
import { FinishedBytes } from './finished-bytes.ts'
import type { Form } from './form.ts'
import type { Segment } from './layout.ts'

/**
 * Float32 through a codec: a partial sum is encoded for each send of it; a result
 * is encoded once, by its finisher, who takes the decoded values like everybody
 * else, and its bytes are passed on verbatim.
 */
export function createCodecForm(
  values: Float32Array,
  codec: Codec,
  steps: readonly Step[],
  segmentLength: number
): Form {
  const capacity = codec.maxEncodedLength(segmentLength)
  const kept = new FinishedBytes(steps, capacity)
  const decoded = new Float32Array(segmentLength)
  const sums = ({ start, end }: Segment): Float32Array => values.subarray(start, end)
  return {
    partialCapacity: capacity,
    load: () => undefined,
    sums,
    encodePartial: (segment, scratch) => codec.encode(sums(segment), scratch),
    decodePartial({ start, end }, payload) {
      const into = decoded.subarray(0, end - start)
      codec.decode(payload, into)
      return into
    },
    finish(segment) {
      const buffer = kept.take()
      const bytes = codec.encode(sums(segment), buffer)
      codec.decode(bytes, sums(segment))
      kept.hold(segment, bytes, buffer)
      return bytes
    },
    take(segment, payload) {
      codec.decode(payload, sums(segment))
      kept.holdCopy(segment, payload)
    },
    finished: (segment) => kept.get(segment),
    release: (segment) => kept.release(segment)
  }
}
