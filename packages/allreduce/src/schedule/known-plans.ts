import type { Schedule, Shape, Step } from './schedule.ts'

/** What is known of a plan. */
export interface KnownPlan {
  readonly shape: Shape
  /** By rank, as far as they were asked for. */
  readonly steps: Map<number, readonly Step[]>
}

/** Plans that were looked at before. */
export interface KnownPlans {
  get(key: string): KnownPlan | undefined
  add(key: string, shape: Shape): KnownPlan
  addSteps(plan: KnownPlan, rank: number, steps: ReturnType<Schedule>): void
}

/** Plans that are remembered. */
const MAX_PLANS = 256

/** Steps of all plans that are remembered; some tens of bytes each. */
const MAX_STEPS = 64 * 1024

/** Remembers plans until there are too many, and then forgets them all. */
export function createKnownPlans(): KnownPlans {
  const plans = new Map<string, KnownPlan>()
  let steps = 0

  function makeRoom(): void {
    plans.clear()
    steps = 0
  }

  return {
    get: (key) => plans.get(key),
    add(key, shape) {
      if (plans.size >= MAX_PLANS) makeRoom()
      const plan = { shape, steps: new Map<number, readonly Step[]>() }
      plans.set(key, plan)
      return plan
    },
    addSteps(plan, rank, added) {
      if (steps + added.length > MAX_STEPS) makeRoom()
      if (added.length > MAX_STEPS) return
      steps += added.length
      plan.steps.set(rank, added)
    }
  }
}
