import { Command } from 'commander'
import { createDisplay } from './display.ts'
import { describeError } from './errors.ts'
import { algorithmFor, parseCount, trainingFlags } from './flags.ts'
import { CHAOS } from './constants.ts'
import { watchInterruption } from './interruption.ts'
import type { JobInit, JobResult } from './job-init.ts'
import { runJob } from './job.ts'
import { isSuccess, summarize } from './summary.ts'
import { counted, describeJob, describeLiars } from './table.ts'

/** What the flags come to. */
type Flags = Omit<JobInit, 'algorithm' | 'onProgress' | 'onStart' | 'onFault' | 'signal'> & {
  readonly algorithm?: JobInit['algorithm']
  readonly json: boolean
}

/** The main job: a swarm on this machine, two baselines, and how they compare. */
async function start({ json, ...flags }: Flags): Promise<void> {
  const init = { ...flags, algorithm: algorithmFor(flags.codec, flags.algorithm, flags.rule) }
  if (init.chaos === true && init.peers < CHAOS.minPeers) {
    command.error(
      `error: --chaos takes at least ${CHAOS.minPeers} --peers, so that a majority is left without one.`
    )
  }
  const { liars = 0 } = init
  if (liars > 0 !== (init.lie !== undefined) || liars >= init.peers) {
    command.error('error: --liars, fewer than all --peers, goes with --lie.')
  }
  const started = performance.now()
  using interruption = watchInterruption()
  try {
    const result = await runVisibly(init, interruption.signal)
    const summary = summarize(result, (performance.now() - started) / 1000)
    const text = json ? JSON.stringify(summary) : describeJob(result, summary, init)
    process.stdout.write(`${text}\n`)
    if (!isSuccess(summary, init.codec)) process.exitCode = 1
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`)
    process.exitCode ??= 1
  }
}

async function runVisibly(init: JobInit, signal: AbortSignal): Promise<JobResult> {
  using display = createDisplay(process.stderr)
  display.say(
    `${counted(init.peers, 'peer')}, each a process with its own part of the digits: ` +
      `${counted(init.steps, 'step')} of ${counted(init.batch, 'example')}, gradients as ${init.codec}`
  )
  const honesty = describeLiars(init)
  if (honesty !== undefined) display.say(honesty)
  return await runJob({
    ...init,
    signal,
    onProgress: (phase, progress) => display.show(phase, progress),
    onStart: ({ name, pid }) => display.say(`${name} is process ${pid ?? '?'}`),
    onFault: (line) => display.say(line)
  })
}

const command = new Command('start')
  .description('Trains one model on a swarm of peers on this machine and on none, and compares.')
  .option('--peers <count>', 'peers of the swarm', parseCount, 4)
  .option('--liars <count>', 'how many of the peers lie, the last ones; with --lie', parseCount)
  .option('--chaos', 'kill, stop and restart peers while they train')
for (const flag of trainingFlags()) command.addOption(flag)
await command.action(start).parseAsync()
