import type { Codec, Hash, Hasher, Plan } from '@daa-compute/interface'
import { MAX_WEIGHT } from '../constants.ts'
import type { Aggregator } from '../rules/aggregator.ts'
import type { Views } from '../rules/views.ts'
import type { Step } from '../schedule/schedule.ts'
import { findNonFinite } from './arithmetic.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { Contributions } from './contributions.ts'
import { createForm } from './create-form.ts'
import type { Form } from './form.ts'
import type { Layout, Segment } from './layout.ts'
import type { SegmentStore } from './segment-store.ts'
import type { UndoBuffer } from './undo.ts'

/** Where nothing is encoded into. */
const NOTHING = new Uint8Array(0)

export interface RuleStoreInit {
  readonly plan: Plan
  readonly rank: number
  readonly steps: readonly Step[]
  readonly layout: Layout
  readonly values: Float32Array
  /** Of this rank's contribution. */
  readonly weight: number
  readonly undo: UndoBuffer
  readonly codec: Codec | undefined
  readonly resultCodec?: Codec | undefined
  readonly hasher: Hasher
  readonly contributions: Contributions
  readonly aggregator: Aggregator
  readonly views: Views
}

/**
 * The values of one rank where contributions are aggregated by a rule. They cross the
 * network as they are, with their weight beside them; what comes is kept by whose it is,
 * and a segment is finished by the rule over all of them.
 *
 * As in {@link ValueStore}, everybody ends with what the finisher's bytes stand for.
 */
export class RuleStore implements SegmentStore {
  readonly #init: RuleStoreInit
  readonly #form: Form
  readonly #hashes: Hash[]
  /** The step at which a chunk is finished here. */
  readonly #finishing = new Map<number, number>()

  constructor(init: RuleStoreInit) {
    this.#init = init
    const { layout, hasher, steps } = init
    this.#form = createForm({ ...init, residual: undefined, allowNonFinite: false })
    this.#hashes = layout.chunks.map(() => hasher.create())
    for (const [step, { op, chunk }] of steps.entries()) {
      if (op === 'finish' || op === 'copy') this.#finishing.set(chunk, step)
    }
  }

  outgoing(step: number, chunk: number, segment: number, scratch: Uint8Array): Uint8Array {
    const at = this.#init.layout.segment(chunk, segment)
    if (this.#isFinished(step, chunk)) return this.#form.finished(at)
    return this.#form.encodePartial(at, scratch)
  }

  outgoingWeight(step: number, chunk: number): number {
    return this.#isFinished(step, chunk) ? 0 : this.#init.weight
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
    const { layout, steps, contributions } = this.#init
    const at = layout.segment(chunk, segment)
    if (!(weight >= 0 && weight <= MAX_WEIGHT)) {
      throw new AttemptFailure(`a contribution that weighs ${weight}`)
    }
    const values = this.#form.decodePartial(at, payload) as Float32Array
    const bad = findNonFinite(values, 'float32')
    if (bad !== -1) {
      // whose channel it came by has brought it: the executor adds who that is
      throw new AttemptFailure(
        `a contribution that is not finite: ${values[bad]} at index ${at.start + bad}`
      )
    }
    const from = steps[step]
    if (from?.op !== 'reduce') throw new RangeError(`step ${step} takes no contribution`)
    contributions.put(from.peer, at, values, weight)
  }

  finish(_step: number, chunk: number, segment: number): void {
    const { values, layout, undo, contributions, aggregator, views } = this.#init
    const at = layout.segment(chunk, segment)
    const out = values.subarray(at.start, at.end)
    const start = contributions.offset(at)
    undo.save(at.start, at.end)
    aggregator.aggregate(contributions.shard, start, out, views.excluded)
    const bad = findNonFinite(out, 'float32')
    if (bad !== -1) throw new AttemptFailure(`the result at index ${at.start + bad} is not finite`)
    const bytes = this.#form.finish(at, 1)
    views.compare(contributions.shard, start, out)
    this.#hash(chunk, bytes)
  }

  copy(_step: number, chunk: number, segment: number, payload: Uint8Array): void {
    const at: Segment = this.#init.layout.segment(chunk, segment)
    this.#init.undo.save(at.start, at.end)
    this.#form.take(at, payload)
    this.#hash(chunk, payload)
  }

  /** Digest of the plan and of every finished byte, chunk by chunk; of the plan alone before there are any. */
  digest(): Uint8Array {
    const { hasher, plan } = this.#init
    const hash = hasher.create()
    hash.update(plan.digest)
    if (this.#finishing.size > 0) for (const chunk of this.#hashes) hash.update(chunk.digest())
    return hash.digest()
  }

  #isFinished(step: number, chunk: number): boolean {
    const finishing = this.#finishing.get(chunk)
    return finishing !== undefined && step > finishing
  }

  #hash(chunk: number, bytes: Uint8Array): void {
    this.#hashes[chunk]?.update(bytes)
  }
}
