import { createHash } from 'node:crypto'
import type { Crew, CrewMember, MemberHooks } from './crew.ts'
import type { JobInit, Phase } from './job-init.ts'
import type { AloneTask, PeerTask, TogetherTask } from './task.ts'
import type { Progress } from './training.ts'

/** Where peers of one machine listen: any free port, reachable from nowhere else. */
const LOOPBACK = '/ip4/127.0.0.1/tcp/0'

/** One life of one peer. */
interface Place {
  readonly run: string
  readonly index: number
  readonly bootstrap: readonly string[]
  /** How manyeth life of the peer; 1 if left out. */
  readonly life?: number
}

/** Starts the process of a peer of the swarm. */
export function startPeer(
  crew: Crew,
  init: JobInit,
  { run, index, bootstrap, life = 1 }: Place,
  hooks?: MemberHooks
): CrewMember {
  const { peers, steps, batch, codec, algorithm, seed, chaos = false } = init
  const { errorFeedback = true, thread = false, rule, deal, lie } = init
  const task: PeerTask = {
    kind: 'peer',
    run,
    listen: [LOOPBACK],
    bootstrap,
    mdns: false,
    // who is started again finds the others training
    peers: life === 1 && index < peers ? peers : 2,
    minPeers: chaos ? 2 : peers,
    codec,
    algorithm,
    errorFeedback,
    thread,
    ...{ rule, deal, lie: isLiar(index, init) ? lie : undefined },
    // whoever joins beside them has digits that somebody has already
    shard: { index: index % peers, count: peers },
    steps,
    batch,
    seed,
    identity: { seed: identitySeed(seed, index) }
  }
  return started(init, crew.start(`peer ${index}`, task, hooks))
}

/** Whether a peer is one of the liars: the last ones, but not who joins beside them later. */
export function isLiar(
  index: number,
  { peers, liars = 0 }: Pick<JobInit, 'peers' | 'liars'>
): boolean {
  return index >= peers - liars && index < peers
}

/** Starts a process that trains without a network, to compare the swarm with. */
export function startBaseline(
  crew: Crew,
  init: JobInit,
  phase: 'solo' | 'central' | 'calm'
): CrewMember {
  const { peers, steps, batch, seed, deal, rule, liars, lie } = init
  const shard = { index: 0, count: peers }
  const tasks: Record<typeof phase, AloneTask | TogetherTask> = {
    solo: { kind: 'alone', shard, steps, batch, seed, deal },
    central: { kind: 'alone', shard: { index: 0, count: 1 }, steps, batch: peers * batch, seed },
    calm: { kind: 'together', shard, steps, batch, seed, deal, rule, liars, lie }
  }
  return started(init, crew.start(phase, tasks[phase], { onProgress: tell(init, phase) }))
}

/** Passes on how far training is. */
export function tell({ onProgress }: JobInit, phase: Phase): (progress: Progress) => void {
  return (progress) => onProgress?.(phase, progress)
}

function started({ onStart }: JobInit, member: CrewMember): CrewMember {
  onStart?.(member)
  return member
}

/**
 * Known identities, so that one seed gives one ring: its order decides how sums
 * are rounded. These peers are reachable from this machine only, and for a
 * minute; anybody else's identity has to be a secret.
 */
function identitySeed(seed: number, index: number): string {
  return createHash('sha256').update(`daa-compute/trainer/${seed}/${index}`).digest('hex')
}
