import type { AbortOptions } from '@daa-compute/interface'
import { averageAlone, type Averager, averageTogether } from './averager.ts'
import { LEARNING_RATE } from './constants.ts'
import { readDigits, shardByDigit, splitDigits } from './digits.ts'
import { createModel } from './model.ts'
import type { Report, Task, TaskHooks } from './task.ts'
import { train } from './training.ts'

/** Reads the data, finds the others where there are any, and trains. */
export async function perform(
  task: Task,
  { onProgress, onBehind, onCaughtUp, signal, ...hooks }: TaskHooks & AbortOptions = {}
): Promise<Report> {
  const { train: all, test } = splitDigits(await readDigits())
  const model = await createModel()
  const learn = async (
    averager: Averager,
    index: number,
    told: Pick<TaskHooks, 'onProgress'>,
    rate = LEARNING_RATE
  ): Promise<Omit<Report, 'links'>> => {
    const { seed, steps, batch } = task
    const examples = shardByDigit(all, index, task.shard.count)
    const started = performance.now()
    const trained = await train({
      ...{ model, examples, test, averager, seed, stream: index, steps, batch, rate },
      ...{ onBehind, onCaughtUp, signal, ...told }
    })
    return {
      ...trained,
      digits: [...new Set(examples.labels)],
      examples: examples.length,
      seconds: (performance.now() - started) / 1000
    }
  }
  const { index, count } = task.shard
  switch (task.kind) {
    case 'alone':
      return { ...(await learn(averageAlone(), index, { onProgress })), links: [] }
    case 'together': {
      const learning = averageTogether(count).map((averager, peer) =>
        learn(averager, peer, peer === index ? { onProgress } : {})
      )
      const reports = await Promise.all(learning)
      const digits = [...Array(10).keys()]
      return { ...reports[index]!, digits, examples: all.length, links: [] }
    }
    case 'peer': {
      // a shard that is not there should fail before anybody is looked for
      shardByDigit(all, index, count)
      // who trains alone need not load a network
      const { joinRun } = await import('./swarm.ts')
      const { rateFor } = await import('./gradient-compression.ts')
      await using swarm = await joinRun(task, { ...hooks, signal })
      const learnt = await learn(swarm, index, { onProgress }, rateFor(task.codec))
      return { ...learnt, self: swarm.self, links: swarm.links }
    }
  }
}
