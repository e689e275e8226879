import { type Dependencies, dependencies } from './dependencies.ts'
import type { Step } from './schedule.ts'

/** One rank's steps, by whom they exchange values with. */
export interface Lanes {
  /** What each step waits for. */
  readonly dependencies: readonly Dependencies[]
  /** The steps that send to each peer, in order. */
  readonly outbound: ReadonlyMap<number, readonly number[]>
  /** Those that receive from each. */
  readonly inbound: ReadonlyMap<number, readonly number[]>
}

const known = new WeakMap<readonly Step[], Lanes>()

/** The lanes of steps; found once for each list of them, as rounds share those of equal plans. */
export function lanesOf(steps: readonly Step[]): Lanes {
  const found = known.get(steps)
  if (found !== undefined) return found
  const outbound = new Map<number, number[]>()
  const inbound = new Map<number, number[]>()
  for (const [index, step] of steps.entries()) {
    if (step.op === 'finish') continue
    const lanes = step.op === 'send' ? outbound : inbound
    const lane = lanes.get(step.peer)
    if (lane === undefined) lanes.set(step.peer, [index])
    else lane.push(index)
  }
  const lanes = { dependencies: dependencies(steps), outbound, inbound }
  known.set(steps, lanes)
  return lanes
}
