import type { AbortOptions } from '@daa-compute/interface'
import { averageAlone, type Averager } from './averager.ts'
import { readDigits, shardByDigit, splitDigits } from './digits.ts'
import { createModel } from './model.ts'
import type { Report, Task, TaskHooks } from './task.ts'
import { train } from './training.ts'

/** Reads the data, finds the others where there are any, and trains. */
export async function perform(
  task: Task,
  { onProgress, signal, ...hooks }: TaskHooks & AbortOptions = {}
): Promise<Report> {
  const { train: all, test } = splitDigits(await readDigits())
  const examples = shardByDigit(all, task.shard.index, task.shard.count)
  const model = await createModel()
  const learn = async (averager: Averager): Promise<Report> => {
    const { seed, steps, batch } = task
    const started = performance.now()
    const stream = task.shard.index
    const init = { model, examples, test, averager, seed, stream, steps, batch, onProgress, signal }
    const trained = await train(init)
    return {
      ...trained,
      digits: [...new Set(examples.labels)],
      examples: examples.length,
      seconds: (performance.now() - started) / 1000
    }
  }
  if (task.kind === 'alone') return learn(averageAlone())
  // who trains alone need not load a network
  const { joinRun } = await import('./swarm.ts')
  await using swarm = await joinRun(task, { ...hooks, signal })
  return await learn(swarm)
}
