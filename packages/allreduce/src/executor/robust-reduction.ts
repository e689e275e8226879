import type { Aggregator } from '../rules/aggregator.ts'
import { outliersOf, Views } from '../rules/views.ts'
import { chunkRanges, shapeOf, stepsOf } from '../schedule/algorithms.ts'
import { directAllGather, directReduceScatter } from '../schedule/direct.ts'
import { partition } from '../schedule/partition.ts'
import type { Step } from '../schedule/schedule.ts'
import { chunksByOwner, createShape } from '../schedule/shape.ts'
import { type ContributionMemory, Contributions } from './contributions.ts'
import { chooseSegmentLength, createLayout } from './layout.ts'
import { createNumberStore } from './number-store.ts'
import type { Reduction, ReductionInit } from './reduction.ts'
import { RuleStore } from './rule-store.ts'
import { createSequel, type Sequence } from './sequel.ts'
import { createStepReduction } from './step-reduction.ts'

/** What a reduction by a rule needs: a plan by `direct`, of float32. */
export interface RobustReductionInit extends Omit<
  ReductionInit,
  'residual' | 'exchange' | 'onProgress' | 'allowNonFinite'
> {
  readonly values: Float32Array
  readonly aggregator: Aggregator
  readonly memory: ContributionMemory
}

/**
 * Aggregates by a rule. Everybody sends its contributions to the owners of shards, and
 * these send results, as `direct` does it. A rule that looks at coordinates by themselves
 * does both in one exchange, segment by segment. One that looks at whole vectors has all
 * contributions brought first, then the owners tell each other what they see of them, and
 * the results are made and sent last. Another exchange of a few numbers tells everybody
 * what became of whose contribution.
 */
export function createRobustReduction(init: RobustReductionInit): Reduction {
  const { plan, rank, values, weight, aggregator, memory } = init
  const size = plan.members.length
  const shape = shapeOf(plan)
  const layout = createLayout(chunkRanges(plan, shape), plan.segmentLength)
  const owned = chunksByOwner(shape)[rank] ?? []
  const contributions = new Contributions(memory, layout, owned, size)
  const views = new Views(size)

  async function move(sequence: Sequence, steps: readonly Step[]): Promise<void> {
    const next = sequence.next()
    const store = new RuleStore({ ...init, ...next, steps, layout, contributions, views })
    await sequence.run(createStepReduction({ ...init, ...next, steps, layout, store }))
  }

  /** What each owner says of its shard, by rank: everybody hears everybody, so nobody can alter it unseen. */
  async function tell(sequence: Sequence, numbers: Float64Array): Promise<Float64Array[]> {
    const next = sequence.next()
    const { length } = numbers
    const all = new Float64Array(size * length)
    all.set(numbers, rank * length)
    const everybody = createShape({ size })
    const told = createLayout(
      partition(all.length, size),
      chooseSegmentLength(all.length, size, 'float64')
    )
    const store = createNumberStore({ ...init, ...next, layout: told, numbers: all })
    const steps = directAllGather(rank, everybody)
    await sequence.run(createStepReduction({ ...init, ...next, steps, layout: told, store }))
    return plan.members.map((_, owner) => all.subarray(owner * length, (owner + 1) * length))
  }

  return createSequel(init, async (sequence) => {
    for (const chunk of owned) {
      for (let segment = 0; segment < layout.segments(chunk); segment++) {
        const at = layout.segment(chunk, segment)
        contributions.put(rank, at, values.subarray(at.start, at.end), weight)
      }
    }
    if (aggregator.isCoordinatewise) await move(sequence, stepsOf(plan, rank))
    else {
      const collecting = directReduceScatter(rank, shape)
      await move(
        sequence,
        collecting.filter(({ op }) => op !== 'finish')
      )
      const exchanges = aggregator.exchanges(contributions.shard)
      for (let step = exchanges.next(); step.done !== true;) {
        const all = await tell(sequence, step.value)
        step = exchanges.next(all)
      }
      await move(sequence, directAllGather(rank, shape))
    }
    const all = await tell(sequence, views.numbers)
    return outliersOf(plan.members, all, values.length)
  })
}
