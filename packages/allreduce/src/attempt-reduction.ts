import type { Codec, ErrorFeedback, Hasher, PeerId, Plan } from '@daa-compute/interface'
import { createCompressedReduction } from './executor/compressed-reduction.ts'
import type { ContributionMemory } from './executor/contributions.ts'
import { createReduction, type Reduction, type ReductionInit } from './executor/reduction.ts'
import { createRobustReduction } from './executor/robust-reduction.ts'
import type { DataRouter } from './executor/router.ts'
import type { UndoBuffer } from './executor/undo.ts'
import type { Mesh } from './mesh/mesh.ts'
import type { ResidualLedger } from './residual-ledger.ts'
import { assertRuleSize, checkRule } from './rules/checked-rule.ts'
import type { AllReduceOptions } from './all-reduce.ts'
import type { Flat } from './tensors.ts'

/** What a run's attempts have in common. */
export interface AttemptReductionInit {
  readonly contributions: ContributionMemory
  readonly self: PeerId
  readonly hasher: Hasher
  readonly codec: Codec | undefined
  readonly resultCodec: Codec | undefined
  readonly errorFeedback: ErrorFeedback | undefined
  readonly mesh: Mesh
  readonly router: DataRouter
}

/**
 * Sets up the reduction of one attempt, by its plan and by what its caller wants,
 * and enters into the ledger what it would change of what is remembered.
 *
 * @param sending ends what is on its way out
 */
export function createAttemptReduction(
  init: AttemptReductionInit,
  plan: Plan,
  flat: Pick<Flat, 'values' | 'layout'>,
  { weight = 1, compressor, rule, onProgress }: AllReduceOptions,
  undo: UndoBuffer,
  ledger: ResidualLedger,
  sending: AbortSignal
): Reduction {
  const { self, hasher, codec, resultCodec, errorFeedback, contributions, mesh, router } = init
  const { values, layout } = flat
  const common: Omit<ReductionInit, 'codec'> = {
    plan,
    rank: plan.members.findIndex(({ peer }) => peer === self),
    values,
    weight,
    undo,
    hasher,
    router,
    send: (rank, frame) => {
      const peer = plan.members[rank]?.peer
      if (peer === undefined) throw new RangeError(`there is no rank ${rank}`)
      return mesh.sendData(peer, frame, undefined, { signal: sending })
    }
  }
  if (compressor !== undefined) {
    const floats = values as Float32Array
    const round = compressor.begin(floats, { weight, seed: seedOf(plan) })
    ledger.begin(plan, {
      commit: (result) => round.commit(result as Float32Array),
      rollback: () => round.rollback(),
      forget: () => compressor.forget()
    })
    return createCompressedReduction({ ...common, values: floats, round })
  }
  if (rule !== undefined) {
    const checked = checkRule(rule)
    const size = plan.members.length
    assertRuleSize(checked, size)
    const isRaw = codec === undefined || codec.name === 'float32'
    return createRobustReduction({
      ...common,
      values: values as Float32Array,
      codec: isRaw ? undefined : codec,
      resultCodec: isRaw ? undefined : resultCodec,
      aggregator: checked.create(size),
      memory: contributions
    })
  }
  // codecs are for float32; other values cross as they are
  if (codec === undefined || plan.dtype !== 'float32' || codec.name === 'float32') {
    return createReduction({ ...common, codec: undefined, onProgress })
  }
  const isSum = plan.op === 'sum' || (plan.op === 'mean' && weight > 0)
  if (errorFeedback === undefined || codec.lossless || !isSum) {
    return createReduction({ ...common, codec, resultCodec, onProgress })
  }
  const key = `${plan.op} ${values.length} ${layout}`
  const residual = errorFeedback.begin(key, values.length)
  ledger.begin(plan, {
    commit: () => residual.commit(),
    rollback: () => residual.rollback(),
    forget: () => errorFeedback.forget(key)
  })
  return createReduction({ ...common, codec, resultCodec, residual, onProgress })
}

/** The same at every rank, and another one in each attempt. */
function seedOf({ digest }: Plan): bigint {
  return new DataView(digest.buffer, digest.byteOffset, 8).getBigUint64(0, true)
}
