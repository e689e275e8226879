import type { Codec, FeedbackRound, Hash, Hasher, Plan } from '@daa-compute/interface'
import { MAX_MEMBERS, MAX_WEIGHT } from '../constants.ts'
import type { Step } from '../schedule/schedule.ts'
import { combine, findNonFinite, scale } from './arithmetic.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { createForm } from './create-form.ts'
import type { Form } from './form.ts'
import type { Layout, Segment } from './layout.ts'
import type { SegmentStore } from './segment-store.ts'
import type { Values } from './tensor.ts'
import type { UndoBuffer } from './undo.ts'

export interface ValueStoreInit {
  readonly plan: Plan
  readonly rank: number
  readonly steps: readonly Step[]
  readonly layout: Layout
  readonly values: Values
  readonly weight: number
  readonly undo: UndoBuffer
  readonly codec: Codec | undefined
  readonly resultCodec?: Codec | undefined
  readonly residual: FeedbackRound | undefined
  readonly hasher: Hasher
  readonly allowNonFinite: boolean
}

/** What is encoded into where nothing is. */
const NOTHING = new Uint8Array(0)

/** Most that a partial sum's weights can come to. */
const MAX_TOTAL_WEIGHT = MAX_WEIGHT * MAX_MEMBERS

/**
 * The values of one rank: what goes out of them, what comes in, and the digest
 * of the result.
 *
 * Whatever the dtype and codec, a finished segment's values are what the
 * finisher's bytes stand for at every rank, the finisher included; so all ranks
 * end with the same bits.
 */
export class ValueStore implements SegmentStore {
  readonly #init: ValueStoreInit
  readonly #form: Form
  readonly #hashes: Hash[]
  readonly #reduces: boolean
  /** Of each segment's partial sum here, for a mean; otherwise empty. */
  readonly #weights: Float64Array
  /** The step before which a chunk is as the caller gave it, and at which it is no more. */
  readonly #firstUse: ReadonlyMap<number, number>
  /** The step at which a chunk is finished here. */
  readonly #finishing: ReadonlyMap<number, number>

  constructor(init: ValueStoreInit) {
    this.#init = init
    const { plan, steps, layout, weight } = init
    this.#form = createForm(init)
    this.#hashes = layout.chunks.map(() => init.hasher.create())
    this.#reduces = plan.collective === 'allReduce' || plan.collective === 'reduceScatter'
    const weighs = this.#reduces && plan.op === 'mean'
    this.#weights = new Float64Array(weighs ? layout.total : 0).fill(weight)
    // raw values that are sent as they are need neither saving nor weighting yet
    const isLoaded = init.values.BYTES_PER_ELEMENT === 2 || init.residual !== undefined
    const untouched = !this.#isWeighted && !isLoaded
    this.#firstUse = firstSteps(steps, ({ op }) => !untouched || op !== 'send')
    this.#finishing = firstSteps(steps, ({ op }) => op === 'finish' || op === 'copy')
  }

  outgoing(step: number, chunk: number, segment: number, scratch: Uint8Array): Uint8Array {
    const at = this.#touch(step, chunk, segment)
    if (this.#isFinished(step, chunk)) return this.#form.finished(at)
    return this.#form.encodePartial(at, scratch)
  }

  outgoingWeight(step: number, chunk: number, segment: number): number {
    if (this.#weights.length === 0 || this.#isFinished(step, chunk)) return 0
    return this.#weights[this.#init.layout.segment(chunk, segment).index] ?? 0
  }

  payloadLength(_step: number, _chunk: number, _segment: number, payload: Uint8Array): number {
    return payload.byteLength
  }

  createScratch(): Uint8Array {
    const { partialCapacity } = this.#form
    return partialCapacity === 0 ? NOTHING : new Uint8Array(partialCapacity)
  }

  sent(step: number, chunk: number, segment: number): void {
    if (this.#isFinished(step, chunk)) this.#form.release(this.#init.layout.segment(chunk, segment))
  }

  reduce(step: number, chunk: number, segment: number, payload: Uint8Array, weight: number): void {
    const incoming = this.#form.decodePartial(this.#init.layout.segment(chunk, segment), payload)
    const at = this.#touch(step, chunk, segment)
    if (this.#weights.length > 0) {
      if (!(weight >= 0 && weight <= MAX_TOTAL_WEIGHT)) {
        throw new AttemptFailure(`a partial sum that weighs ${weight}`)
      }
      this.#weights[at.index] = (this.#weights[at.index] ?? 0) + weight
    }
    combine(this.#init.plan.op, this.#form.sums(at), incoming)
  }

  finish(step: number, chunk: number, segment: number): void {
    const at = this.#touch(step, chunk, segment)
    const total = this.#complete(at)
    this.#hash(chunk, this.#form.finish(at, total))
  }

  copy(step: number, chunk: number, segment: number, payload: Uint8Array): void {
    this.#form.take(this.#touch(step, chunk, segment), payload)
    this.#hash(chunk, payload)
  }

  /**
   * Digest of the plan and of every finished byte, chunk by chunk. After a
   * reduce-scatter, where each rank holds another part, of the plan alone.
   */
  digest(): Uint8Array {
    const { hasher, plan } = this.#init
    const hash = hasher.create()
    hash.update(plan.digest)
    if (plan.collective !== 'reduceScatter') {
      for (const chunk of this.#hashes) hash.update(chunk.digest())
    }
    return hash.digest()
  }

  get #isWeighted(): boolean {
    return this.#weights.length > 0 && this.#init.weight !== 1
  }

  /** The segment, kept for undo and weighted if this is the first step that needs it. */
  #touch(step: number, chunk: number, segment: number): Segment {
    const { layout, undo, weight } = this.#init
    const at = layout.segment(chunk, segment)
    if (this.#firstUse.get(chunk) !== step) return at
    undo.save(at.start, at.end)
    this.#form.load(at)
    if (this.#isWeighted) {
      const sums = this.#form.sums(at)
      // nothing is what -0 adds to anything, bit for bit; 0 would turn -0 into 0
      if (weight === 0) sums.fill(-0)
      else scale(sums, weight)
    }
    return at
  }

  /**
   * Makes the aggregate of a sum to which everybody has contributed.
   *
   * @returns what it was divided by
   */
  #complete(at: Segment): number {
    if (!this.#reduces) return 1
    const { plan, allowNonFinite } = this.#init
    const sums = this.#form.sums(at)
    const total = plan.op === 'mean' ? (this.#weights[at.index] ?? 0) : 1
    if (total === 0) throw new AttemptFailure('all weights are 0: there is no mean')
    if (scale(sums, 1 / total) || allowNonFinite) return total
    const dtype = sums.BYTES_PER_ELEMENT === 4 ? 'float32' : 'float64'
    const index = at.start + findNonFinite(sums, dtype)
    throw new AttemptFailure(`the ${plan.op} at index ${index} is not finite: the sum overflows`)
  }

  #isFinished(step: number, chunk: number): boolean {
    const finishing = this.#finishing.get(chunk)
    return finishing !== undefined && step > finishing
  }

  #hash(chunk: number, bytes: Uint8Array): void {
    this.#hashes[chunk]?.update(bytes)
  }
}

/** The first step of each chunk for which something is true. */
function firstSteps(
  steps: readonly Step[],
  condition: (step: Step) => boolean
): Map<number, number> {
  const first = new Map<number, number>()
  for (const [index, step] of steps.entries()) {
    if (condition(step) && !first.has(step.chunk)) first.set(step.chunk, index)
  }
  return first
}
