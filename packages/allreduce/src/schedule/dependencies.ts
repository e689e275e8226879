import type { Step } from './schedule.ts'

/** The earlier steps that a step has to wait for. */
export interface Dependencies {
  /** The last step on the same chunk: its segments one by one. */
  readonly chunk: number | undefined
  /** The last step with the same peer in the same direction: all of it, for a channel keeps order. */
  readonly lane: number | undefined
}

/**
 * What each step waits for. The checker and the executor both go by this, so
 * that what is proved is what runs.
 */
export function dependencies(steps: readonly Step[]): readonly Dependencies[] {
  const last = new Map<string, number>()
  const swap = (key: string, index: number): number | undefined => {
    const earlier = last.get(key)
    last.set(key, index)
    return earlier
  }
  return steps.map((step, index) => ({
    chunk: swap(`chunk ${step.chunk}`, index),
    lane:
      step.op === 'finish'
        ? undefined
        : swap(`${step.op === 'send' ? 'to' : 'from'} ${step.peer}`, index)
  }))
}
