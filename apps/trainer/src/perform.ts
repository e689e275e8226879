import type { AbortOptions } from '@daa-compute/interface'
import { averageAlone, type Averager, averageTogether, type Combine } from './averager.ts'
import { LEARNING_RATE, ROBUST_LEARNING_RATE } from './constants.ts'
import { readDigits, shardOf, splitDigits } from './digits.ts'
import { createLiar, type Lie } from './lies.ts'
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
    lie?: Lie,
    rate?: number
  ): Promise<Omit<Report, 'links'>> => {
    const { seed, steps, batch, deal } = task
    const isRobust = 'rule' in task && task.rule !== undefined
    const examples = shardOf(all, index, task.shard.count, deal)
    const started = performance.now()
    const trained = await train({
      ...{ model, examples, test, averager, seed, stream: index, steps, batch },
      ...{ onBehind, onCaughtUp, signal, ...told },
      rate: isRobust ? ROBUST_LEARNING_RATE : (rate ?? LEARNING_RATE),
      mixes: isRobust,
      lie: lie && createLiar(lie, seed, index)
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
      const { liars = 0, lie } = task
      const combine = task.rule === undefined ? undefined : await combineBy(task.rule)
      const learning = averageTogether(count, combine).map((averager, peer) =>
        learn(
          averager,
          peer,
          peer === index ? { onProgress } : {},
          peer >= count - liars ? lie : undefined
        )
      )
      const reports = await Promise.all(learning)
      const digits = [...Array(10).keys()]
      return { ...reports[index]!, digits, examples: all.length, links: [] }
    }
    case 'peer': {
      // a shard that is not there should fail before anybody is looked for
      shardOf(all, index, count, task.deal)
      // who trains alone need not load a network
      const { joinRun } = await import('./swarm.ts')
      const { rateFor } = await import('./gradient-compression.ts')
      await using swarm = await joinRun(task, { ...hooks, signal })
      const learnt = await learn(swarm, index, { onProgress }, task.lie, rateFor(task.codec))
      return { ...learnt, self: swarm.self, links: swarm.links }
    }
  }
}

/** Aggregates by a rule what is all here, as a round of the same peers would. */
async function combineBy(rule: string): Promise<Combine> {
  const { aggregate } = await import('@daa-compute/node')
  const { parsedRule } = await import('./rule.ts')
  const parsed = parsedRule(rule)
  return (arrays, weights) => aggregate(arrays, parsed, weights).values
}
