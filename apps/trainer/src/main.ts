#!/usr/bin/env node
import { Command } from 'commander'
import { type AdmissionFlags, admissionFlags, readAdmission } from './admission.ts'
import { DEFAULT_MIN_PEERS } from './constants.ts'
import { createDisplay } from './display.ts'
import { describeError } from './errors.ts'
import {
  algorithmFor,
  collect,
  parseCount,
  parseRunName,
  parseShard,
  trainingFlags
} from './flags.ts'
import { endSoon, watchInterruption } from './interruption.ts'
import { perform } from './perform.ts'
import { runIdOf } from './run-id.ts'
import { describeReport } from './table.ts'
import type { PeerTask, Report } from './task.ts'

/** What the flags come to. */
type Flags = Pick<
  PeerTask,
  | 'run'
  | 'shard'
  | 'steps'
  | 'batch'
  | 'codec'
  | 'errorFeedback'
  | 'thread'
  | 'seed'
  | 'deal'
  | 'rule'
  | 'lie'
> &
  AdmissionFlags & {
    readonly showRun?: true
    readonly algorithm?: PeerTask['algorithm']
    readonly bootstrap?: readonly string[]
    readonly listen?: readonly string[]
    readonly peers?: number
    readonly minPeers?: number
    readonly mdns: boolean
    readonly json: boolean
  }

/** This machine only; to be reached from others is for the user to decide. */
const LISTEN = '/ip4/127.0.0.1/tcp/0'

/** One peer of a run, wherever the others are. */
async function main({ json, showRun, ...flags }: Flags): Promise<void> {
  using interruption = watchInterruption()
  interruption.signal.addEventListener('abort', endSoon)
  const peers = flags.peers ?? flags.shard.count
  const { minPeers = Math.min(peers, DEFAULT_MIN_PEERS) } = flags
  if (minPeers > peers) {
    command.error(
      `error: --min-peers ${minPeers} is more than the ${peers} peers that the first step waits ` +
        'for (--peers, or else the n of --shard i/n).'
    )
  }
  const task: PeerTask = {
    ...flags,
    kind: 'peer',
    algorithm: algorithmFor(flags.codec, flags.algorithm, flags.rule),
    bootstrap: flags.bootstrap ?? [],
    listen: flags.listen ?? [LISTEN],
    peers,
    minPeers,
    identity:
      flags.identity === undefined
        ? undefined
        : // not a flag, which all users of a machine see
          { path: flags.identity, passphrase: process.env['DAA_PASSPHRASE'] }
  }
  try {
    if (showRun === true) {
      process.stdout.write(`${runIdOf(task)}\n`)
      return
    }
    const admission = await readAdmission(flags)
    const report = await performVisibly({ ...task, admission }, interruption.signal)
    process.stdout.write(`${json ? JSON.stringify(report) : describeReport(report)}\n`)
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`)
    process.exitCode ??= 1
  }
  endSoon()
}

async function performVisibly(task: PeerTask, signal: AbortSignal): Promise<Report> {
  using display = createDisplay(process.stderr)
  return await perform(task, {
    signal,
    onProgress: (progress) => display.show(task.run, progress),
    onListening: (addresses) => {
      for (const address of addresses) display.say(`listening on ${address}`)
    },
    onWaiting: (here, needed) => display.say(`${here} of ${needed} peers are here`),
    onRefused: (peer, reason) => display.say(`${peer} does not let this peer in: ${reason}`),
    onHint: (line) => display.say(line),
    onBehind: (step) => display.say(`the others went on without this peer after step ${step}`),
    onCaughtUp: (step) => display.say(`took over the state of the others at step ${step}`)
  })
}

const command = new Command('daa-trainer')
  .description('Trains a digit classifier together with the other peers of a run.')
  .requiredOption('--shard <i/n>', 'which part of the digits is yours, as 0/4', parseShard)
  .option('--run <name>', 'the swarm to train with', parseRunName, 'mnist')
  .option('--bootstrap <address>', 'a peer to begin with; can be repeated', collect)
  .option('--mdns', 'also look for the run on the local network', false)
  .option('--listen <address>', `where to listen; can be repeated (default: "${LISTEN}")`, collect)
  .option('--peers <count>', 'peers that the first step waits for (default: all n)', parseCount)
  .option('--min-peers <count>', 'peers to go on with when others die (default: 2)', parseCount)
  .option('--identity <path>', 'a file that keeps who you are (default: a new one each time)')
  .option('--show-run', 'print the id of the run, which tokens are issued for, and end')
for (const flag of [...admissionFlags(), ...trainingFlags()]) command.addOption(flag)
await command.action(main).parseAsync()
