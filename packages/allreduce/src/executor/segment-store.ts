import type { Codec, Hash, Hasher, Plan } from '@daa-compute/interface'
import type { Step } from '../schedule/schedule.ts'
import { add, findNonFinite, scale } from './arithmetic.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { FinishedBytes } from './finished-bytes.ts'
import type { Layout } from './layout.ts'
import type { UndoBuffer } from './undo.ts'

export interface SegmentStoreInit {
  readonly plan: Plan
  readonly rank: number
  readonly steps: readonly Step[]
  readonly layout: Layout
  readonly values: Float32Array
  readonly undo: UndoBuffer
  /** `undefined` for raw float32, which needs no buffer of its own. */
  readonly codec: Codec | undefined
  readonly hasher: Hasher
}

/**
 * The values of one rank during an attempt, a segment at a time: what goes out
 * of them, what comes in, and the digest of the result.
 *
 * Whatever the codec, a finished segment's values are the decoding of the
 * finisher's bytes at every rank, the finisher included; so all ranks end with
 * the same bits. Raw float32 needs no copy: its bytes are the memory of the
 * values themselves.
 */
export class SegmentStore {
  readonly #layout: Layout
  readonly #values: Float32Array
  readonly #undo: UndoBuffer
  readonly #codec: Codec | undefined
  readonly #hasher: Hasher
  readonly #planDigest: Uint8Array
  readonly #hashes: Hash[]
  readonly #weightFactor: number
  readonly #meanFactor: number
  /** The step at which a chunk is first changed here, finding it as the caller gave it. */
  readonly #firstChange: ReadonlyMap<number, number>
  readonly #finished: FinishedBytes
  readonly #partial: Uint8Array
  readonly #decoded: Float32Array

  constructor(init: SegmentStoreInit) {
    const { plan, rank, steps, layout, codec } = init
    this.#layout = layout
    this.#values = init.values
    this.#undo = init.undo
    this.#codec = codec
    this.#hasher = init.hasher
    this.#planDigest = plan.digest
    this.#hashes = layout.chunks.map(() => init.hasher.create())

    // equal weights are divided once, at the finisher; others are applied by
    // each rank to its own contribution, on the first touch of a segment
    const weights = plan.members.map((member) => member.weight)
    const own = weights[rank] ?? 1
    const equal = weights.every((weight) => weight === own)
    this.#weightFactor = equal ? 1 : own / weights.reduce((sum, weight) => sum + weight, 0)
    this.#meanFactor = equal ? 1 / weights.length : 1
    this.#firstChange = firstChanges(steps, this.#weightFactor !== 1)

    const capacity = codec?.maxEncodedLength(plan.segmentLength) ?? 0
    this.#finished = new FinishedBytes(steps, capacity)
    this.#partial = new Uint8Array(capacity)
    this.#decoded = new Float32Array(codec === undefined ? 0 : plan.segmentLength)
  }

  /**
   * The bytes to send of a segment. They stay valid until {@link sent}.
   *
   * @param scratch where a partial sum is encoded: the sender's own, since it
   * lives as long as the send
   */
  outgoing(step: number, chunk: number, segment: number, scratch: Uint8Array): Uint8Array {
    const values = this.#touch(step, chunk, segment)
    if (this.#codec === undefined) {
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    }
    return this.#finished.get(chunk, segment) ?? this.#codec.encode(values, scratch)
  }

  /** A scratch buffer for {@link outgoing}. */
  createScratch(): Uint8Array {
    return new Uint8Array(this.#partial.byteLength)
  }

  /** The send of a segment is over and its bytes are free. */
  sent(chunk: number, segment: number): void {
    this.#finished.release(chunk, segment)
  }

  /** Adds a partial sum. @throws {CodecError | AttemptFailure} for bad bytes, before any change */
  reduce(step: number, chunk: number, segment: number, payload: Uint8Array): void {
    const incoming = this.#decode(chunk, segment, payload)
    add(this.#touch(step, chunk, segment), incoming)
  }

  /** Divides, encodes once and takes the decoded bytes. */
  finish(step: number, chunk: number, segment: number): void {
    const values = this.#touch(step, chunk, segment)
    if (!scale(values, this.#meanFactor)) {
      const index = this.#layout.segment(chunk, segment).start + findNonFinite(values)
      throw new AttemptFailure(`the mean at index ${index} is not finite: the sum overflows`)
    }
    if (this.#codec === undefined) {
      this.#hash(chunk, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      return
    }
    const buffer = this.#finished.take()
    const bytes = this.#codec.encode(values, buffer)
    this.#codec.decode(bytes, values)
    this.#hash(chunk, bytes)
    this.#finished.hold(chunk, segment, bytes, buffer)
  }

  /** Takes finished bytes. @throws {CodecError | AttemptFailure} for bad bytes, before any change */
  copy(step: number, chunk: number, segment: number, payload: Uint8Array): void {
    if (this.#codec === undefined) {
      const incoming = this.#decode(chunk, segment, payload)
      // lossy codecs decode to nothing else, and a finisher that is honest has looked
      const bad = findNonFinite(incoming)
      if (bad !== -1) throw new AttemptFailure(`a mean that is ${incoming[bad]}`)
      this.#touch(step, chunk, segment).set(incoming)
    } else {
      const values = this.#touch(step, chunk, segment)
      this.#codec.decode(payload, values)
      this.#finished.holdCopy(chunk, segment, payload)
    }
    this.#hash(chunk, payload)
  }

  /** Digest of the plan and of every finished byte, chunk by chunk. Call it once. */
  digest(): Uint8Array {
    const hash = this.#hasher.create()
    hash.update(this.#planDigest)
    for (const chunk of this.#hashes) hash.update(chunk.digest())
    return hash.digest()
  }

  /** The segment's values, kept for undo and weighted if this is the first step that changes them. */
  #touch(step: number, chunk: number, segment: number): Float32Array {
    const { start, end } = this.#layout.segment(chunk, segment)
    const values = this.#values.subarray(start, end)
    if (this.#firstChange.get(chunk) === step) {
      this.#undo.save(start, end)
      if (this.#weightFactor !== 1) scale(values, this.#weightFactor)
    }
    return values
  }

  #decode(chunk: number, segment: number, payload: Uint8Array): Float32Array {
    const { start, end } = this.#layout.segment(chunk, segment)
    const length = end - start
    if (this.#codec !== undefined) {
      const values = this.#decoded.subarray(0, length)
      this.#codec.decode(payload, values)
      return values
    }
    if (payload.byteLength !== length * 4) {
      throw new AttemptFailure(
        `a segment of ${length} float32 values came as ${payload.byteLength} bytes`
      )
    }
    return new Float32Array(payload.buffer, payload.byteOffset, length)
  }

  #hash(chunk: number, bytes: Uint8Array): void {
    this.#hashes[chunk]?.update(bytes)
  }
}

function firstChanges(steps: readonly Step[], weighted: boolean): Map<number, number> {
  const first = new Map<number, number>()
  for (const [index, step] of steps.entries()) {
    const changes = weighted || step.op !== 'send'
    if (changes && !first.has(step.chunk)) first.set(step.chunk, index)
  }
  return first
}
