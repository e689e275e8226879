import type { Step } from './schedule.ts'

/**
 * For each step the earlier steps it has to wait for: the last one on the same
 * chunk, and the last one with the same peer in the same direction. The checker
 * and the executor both go by this, so that what is proved is what runs.
 */
export function dependencies(steps: readonly Step[]): readonly (readonly number[])[] {
  const last = new Map<string, number>()
  return steps.map((step, index) => {
    const lanes = [`chunk ${step.chunk}`]
    if (step.op !== 'finish') lanes.push(`${step.op === 'send' ? 'to' : 'from'} ${step.peer}`)
    const earlier = lanes.map((lane) => last.get(lane)).filter((found) => found !== undefined)
    for (const lane of lanes) last.set(lane, index)
    return earlier
  })
}
