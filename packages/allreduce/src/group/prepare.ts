import type { Codec, Collective, DType, Plan } from '@daa-compute/interface'
import { type BucketLayout, layOut, locate, type NamedTensors } from '../bucket/layout.ts'
import { MAX_WEIGHT } from '../constants.ts'
import { findNonFinite } from '../executor/arithmetic.ts'
import { arrayName, dtypeOf, isCounted, type Tensor, type Values } from '../executor/tensor.ts'
import { toHex } from '../round/wire/digest.ts'
import { createPlan } from '../round/attempt/plan.ts'
import { partition, type Range } from '../schedule/partition.ts'
import { arrange } from './arrange.ts'
import { GroupError } from './errors.ts'
import type { GroupFacts } from './facts.ts'
import type { BroadcastOptions, ReduceOptions } from './group.ts'
import type { Lane } from './lane.ts'
import { describeRequest, type GroupRequest } from './request.ts'

/** One call of an operation. */
export interface Call {
  readonly collective: Collective
  readonly values: Tensor | NamedTensors
  readonly options: ReduceOptions & BroadcastOptions
}

/** A call that can be carried out. */
export interface Prepared {
  readonly request: GroupRequest
  readonly plan: Plan
  readonly tensor: Tensor
  readonly weight: number
  readonly codec: Codec | undefined
  readonly allowNonFinite: boolean
  /** The elements that hold a result afterwards. */
  readonly range: Range
  /** Hands a fused result out to the tensors it is made of. */
  unpack(): void
}

/**
 * Checks a call and makes the plan that follows from it, from what is known here
 * alone: members that call the same make the same.
 *
 * @throws {GroupError | BucketError | ScheduleError}
 */
export function prepare(
  call: Call,
  facts: GroupFacts,
  lane: Lane,
  sequence: number,
  incarnations: ReadonlyMap<string, string>
): Prepared {
  const { collective, options } = call
  const { op = 'mean', weight = 1, nonFinite = 'reject', root } = options
  const { members, hasher, rank } = facts
  const { dtype, tensor, layout } = tensorOf(call, facts, lane)
  const moves = collective === 'broadcast' || collective === 'allGather'
  const codec = collective === 'barrier' ? undefined : facts.codec
  assertOptions(facts, options, weight)
  if (codec !== undefined) assertCodec(codec, dtype)
  const codecName = codec?.name ?? dtype
  const { length } = tensor
  const rootRank = root === undefined ? 0 : members.indexOf(root)
  const shared = { collective, op: moves ? 'sum' : op, dtype, length } as const
  const arrangement = arrange(
    { ...shared, codec: codecName, algorithm: options.algorithm ?? facts.algorithm },
    rootRank,
    facts
  )
  const request = describeRequest({
    ...shared,
    algorithm: arrangement.name,
    codec: codecName,
    layout: layout?.fingerprint ?? '',
    members: facts.fingerprint,
    root: members[rootRank],
    nonFinite
  })
  const contents = {
    ...shared,
    id: { run: facts.id, lineage: digestOf(request, lane, facts), sequence, attempt: 0 },
    members: members.map((peer) => ({ peer, incarnation: incarnations.get(peer) ?? '' })),
    codec: codecName,
    ...arrangement.plan,
    root: rootRank
  }
  const own = partition(length, members.length)[rank] ?? { start: 0, end: length }
  const range = collective === 'reduceScatter' ? own : { start: 0, end: length }
  if (nonFinite === 'reject' && !isCounted(tensor)) {
    // others' parts, and what a broadcast replaces, may be anything
    if (collective === 'allGather') assertFinite(tensor, dtype, own, layout)
    else if (collective !== 'broadcast' || rank === rootRank) {
      assertFinite(tensor, dtype, { start: 0, end: length }, layout)
    }
  }
  return {
    request,
    plan: createPlan(contents, hasher),
    tensor,
    weight,
    codec,
    allowNonFinite: nonFinite === 'allow',
    range,
    unpack() {
      if (layout === undefined || isCounted(tensor)) return
      lane.bucket.unpack(tensor, call.values as NamedTensors, layout)
    }
  }
}

/** Of what a plan says nothing of, so that no two calls that differ make the same plan. */
function digestOf({ fields }: GroupRequest, { tag }: Lane, { hasher }: GroupFacts): string {
  const hash = hasher.create()
  hash.update(new TextEncoder().encode(JSON.stringify([tag, fields])))
  return toHex(hash.digest())
}

interface TensorOfCall {
  readonly dtype: DType
  readonly tensor: Tensor
  /** Of named tensors. */
  readonly layout?: BucketLayout
}

function tensorOf({ values, options }: Call, facts: GroupFacts, lane: Lane): TensorOfCall {
  if (isObject(values) && isCounted(values)) return { dtype: values.dtype, tensor: values }
  const isNamed = isObject(values) && !ArrayBuffer.isView(values) && !Array.isArray(values)
  if (isNamed) {
    const tensors: NamedTensors = values
    const layout = layOut(tensors, options.dtype, facts.hasher)
    assertSays(options.dtype, layout.dtype, 'named tensors')
    return { dtype: layout.dtype, tensor: lane.bucket.pack(tensors, layout), layout }
  }
  const dtype = dtypeOf(values, options.dtype)
  const actual = arrayName(values)
  if (dtype === undefined) {
    const remedy =
      actual === 'Uint16Array'
        ? "say what it holds: dtype 'float16' or 'bfloat16'"
        : 'give a Float32Array, a Float64Array, a Uint16Array of half-precision bits, or those by name'
    throw new GroupError('BAD_DTYPE', `the values are of type ${actual}: ${remedy}`, {
      actual,
      dtype: options.dtype
    })
  }
  assertSays(options.dtype, dtype, actual)
  return { dtype, tensor: values as Values }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function assertSays(said: DType | undefined, dtype: DType, actual: string): void {
  if (said === undefined || said === dtype) return
  throw new GroupError(
    'BAD_DTYPE',
    `the dtype was said to be ${said}, and the values are ${dtype}: leave it out but for Uint16Array`,
    { actual, dtype: said }
  )
}

function assertCodec(codec: Codec, dtype: DType): void {
  if (dtype === 'float32') return
  throw new GroupError(
    'BAD_DTYPE',
    `this group's codec ${codec.name} is for float32, not ${dtype}: make a group without one for it`,
    { actual: dtype, dtype }
  )
}

function assertOptions({ members }: GroupFacts, options: Call['options'], weight: number): void {
  const { root, op = 'mean' } = options
  const wrong = (option: string, value: unknown, rule: string): never => {
    throw new GroupError('BAD_OPTION', `${option} is ${String(value)}: ${rule}`, { option, value })
  }
  if (!(weight >= 0 && weight <= MAX_WEIGHT)) {
    wrong('weight', weight, `a weight is at least 0 and at most ${MAX_WEIGHT}`)
  }
  if (weight !== 1 && op !== 'mean') wrong('weight', weight, `only a mean is weighted, no ${op}`)
  if (root !== undefined && !members.includes(root)) wrong('root', root, 'it is no member')
}

function assertFinite(
  values: Values,
  dtype: DType,
  { start, end }: Range,
  layout: BucketLayout | undefined
): void {
  const bad = findNonFinite(values.subarray(start, end), dtype)
  if (bad === -1) return
  const value = toNumber(values[start + bad] ?? Number.NaN, dtype)
  const at = layout && locate(layout, start + bad)
  const { tensor, index } = at ?? { tensor: '', index: start + bad }
  const where = at === undefined ? `at index ${index}` : `at index ${index} of "${tensor}"`
  throw new GroupError(
    'NON_FINITE',
    `the value ${where} is ${value}: it would spoil everybody's result, so nothing was sent`,
    { tensor, index, value }
  )
}

/** What a stored element that is not finite stands for. */
function toNumber(stored: number, dtype: DType): number {
  if (dtype === 'float32' || dtype === 'float64') return stored
  const fraction = dtype === 'float16' ? 0x3ff : 0x7f
  if ((stored & fraction) !== 0) return Number.NaN
  return stored >= 0x8000 ? -Infinity : Infinity
}
