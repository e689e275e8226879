import type { Codec, FeedbackRound } from '@daa-compute/interface'
import type { Step } from '../schedule/schedule.ts'
import { FinishedBytes } from './finished-bytes.ts'
import type { Form } from './form.ts'
import type { Segment } from './layout.ts'

export interface CodecFormInit {
  readonly values: Float32Array
  readonly codec: Codec
  /** For results; partial sums take `codec`. */
  readonly resultCodec: Codec
  readonly steps: readonly Step[]
  readonly segmentLength: number
  /** Error feedback. Default: what encoding loses is lost */
  readonly residual: FeedbackRound | undefined
  /** What this rank's values are multiplied by before they are summed; not 0 with a residual. */
  readonly weight: number
  /** For codecs that go by chance: other bits in each attempt and at each rank. */
  readonly seed: bigint
}

/**
 * Float32 through a codec: a partial sum is encoded for each send of it; a result
 * is encoded once, by its finisher, who takes the decoded values like everybody
 * else, and its bytes are passed on verbatim.
 *
 * With error feedback this rank keeps what it loses, of whosever values: of a
 * partial sum where it sends one on, of the result where it finishes one (as in
 * Tang et al. 2019, DoubleSqueeze). A rank does one of both, once, for each
 * segment. So the weighted sum of what all ranks bring and of their residuals is
 * that of the result and of their new residuals.
 */
export function createCodecForm(init: CodecFormInit): Form {
  const { values, codec, resultCodec, steps, segmentLength, residual, weight, seed } = init
  const capacity = codec.maxEncodedLength(segmentLength)
  const kept = new FinishedBytes(steps, resultCodec.maxEncodedLength(segmentLength))
  const decoded = new Float32Array(segmentLength)
  const sums = ({ start, end }: Segment): Float32Array => values.subarray(start, end)
  const encode = (by: Codec, segment: Segment, out: Uint8Array): Uint8Array =>
    by.encode(sums(segment), out, { seed: seed ^ BigInt(segment.index) })
  const decode = (by: Codec, { start, end }: Segment, bytes: Uint8Array): Float32Array => {
    const into = decoded.subarray(0, end - start)
    by.decode(bytes, into)
    return into
  }
  return {
    partialCapacity: capacity,
    load: (segment) => residual?.add(sums(segment), segment.start),
    sums,
    encodePartial(segment, scratch) {
      const bytes = encode(codec, segment, scratch)
      if (residual !== undefined) {
        const sent = decode(codec, segment, bytes)
        residual.keep(sums(segment), sent, segment.start, 1 / weight)
      }
      return bytes
    },
    decodePartial: (segment, payload) => decode(codec, segment, payload),
    finish(segment, total) {
      const buffer = kept.take()
      const bytes = encode(resultCodec, segment, buffer)
      if (residual === undefined) resultCodec.decode(bytes, sums(segment))
      else {
        const sent = decode(resultCodec, segment, bytes)
        residual.keep(sums(segment), sent, segment.start, total / weight)
        sums(segment).set(sent)
      }
      kept.hold(segment, bytes, buffer)
      return bytes
    },
    take(segment, payload) {
      resultCodec.decode(payload, sums(segment))
      kept.holdCopy(segment, payload)
    },
    finished: (segment) => kept.get(segment),
    release: (segment) => kept.release(segment)
  }
}
