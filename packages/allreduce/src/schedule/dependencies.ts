import type { Step } from './schedule.ts'

/** The earlier steps that a step has to wait for. */
export interface Dependencies {
  /** The last step on the same chunk: its segments one by one. */
  readonly chunk: number | undefined
  /**
   * The last step with the same peer in the same direction, or for a `finish`
   * the last `finish`: all of it, for a channel keeps order.
   */
  readonly lane: number | undefined
}

/**
 * What each step waits for. The checker, the cost model and the executor all go
 * by this, so that what is proved is what runs.
 */
export function dependencies(steps: readonly Step[]): readonly Dependencies[] {
  const chunks = new Map<number, number>()
  const outbound = new Map<number, number>()
  const inbound = new Map<number, number>()
  let finish: number | undefined
  return steps.map((step, index) => {
    const chunk = chunks.get(step.chunk)
    chunks.set(step.chunk, index)
    if (step.op === 'finish') {
      const lane = finish
      finish = index
      return { chunk, lane }
    }
    const lanes = step.op === 'send' ? outbound : inbound
    const lane = lanes.get(step.peer)
    lanes.set(step.peer, index)
    return { chunk, lane }
  })
}
