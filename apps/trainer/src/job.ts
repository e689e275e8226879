import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AbortOptions, Algorithm } from '@daa-compute/interface'
import { type Fault, trainInChaos } from './chaos.ts'
import { CHAOS, CLASSES, HEARSAY_MS } from './constants.ts'
import { createCrew, type Crew, type CrewMember, type MemberHooks } from './crew.ts'
import type { Deal } from './digits.ts'
import { TrainerError } from './errors.ts'
import type { Lie } from './lies.ts'
import { type JobLink, linksBetween } from './links.ts'
import { arrivesLate } from './gradient-compression.ts'
import { PARAMETER_COUNT } from './parameters.ts'
import { createTally } from './tally.ts'
import type { AloneTask, PeerTask, Report, TogetherTask } from './task.ts'
import type { Progress } from './training.ts'

/** Where peers of one machine listen: any free port, reachable from nowhere else. */
const LOOPBACK = '/ip4/127.0.0.1/tcp/0'

/** What the launcher runs. */
export interface JobInit extends AbortOptions {
  readonly peers: number
  readonly steps: number
  /** Examples of one peer's batch. */
  readonly batch: number
  readonly codec: string
  readonly algorithm: Algorithm | 'auto'
  /** Whether what a lossy codec loses in a step is made up for in the next. Default `true` */
  readonly errorFeedback?: boolean
  /** Whether each peer has its network on a thread of its own. Default `false` */
  readonly thread?: boolean
  readonly seed: number
  /** What gradients are aggregated by, as `ruleOf` reads it. Default: the mean */
  readonly rule?: string | undefined
  /** How the data are dealt. Default: by digit */
  readonly deal?: Deal | undefined
  /** How many of the peers lie, the last ones. Default: none */
  readonly liars?: number | undefined
  /** How they lie. */
  readonly lie?: Lie | undefined
  /** Kills, stops and restarts peers of the swarm while it trains. Default `false` */
  readonly chaos?: boolean
  /** Called as training goes on; `phase` names what is being trained. */
  readonly onProgress?: ((phase: Phase, progress: Progress) => void) | undefined
  /** Called when a process has been started. */
  readonly onStart?: ((member: CrewMember) => void) | undefined
  /** Called with a line for people when something is done to a peer, or it is back. */
  readonly onFault?: ((line: string) => void) | undefined
}

/** The swarm is trained first, then the baselines side by side. */
export type Phase = 'swarm' | 'solo' | 'central' | 'calm'

/** What the job came to. */
export interface JobResult {
  /** By shard. */
  readonly swarm: readonly Report[]
  /** One process with the examples and the batch of peer 0. */
  readonly solo: Report
  /** One process with all examples and the batches of all peers in one. */
  readonly central: Report
  /** With chaos: the same swarm as one process, without a network and without faults. */
  readonly calm: Report | undefined
  /** With chaos: what was done to the peers. */
  readonly faults: readonly Fault[]
  /** With chaos: by the processes that were killed, up to the last step each has told of. */
  readonly bytesSentByKilled: number
  /** Peers in each round of the swarm. */
  readonly participants: readonly number[]
}

/** The job in numbers, as `--json` prints them. */
export interface JobSummary {
  readonly peers: number
  readonly rounds: number
  /** Of the worst peer, 0 to 1; so are the others. */
  readonly accuracy: number
  readonly soloAccuracy: number
  readonly centralAccuracy: number
  /** With chaos: of the same training without it. */
  readonly calmAccuracy?: number
  /** With chaos. */
  readonly faults?: readonly Fault[]
  readonly parametersIdentical: boolean
  /** What connected the peers, pair by pair. */
  readonly links: readonly JobLink[]
  /** In rounds, by all peers together; with chaos, also by processes that were killed. */
  readonly bytesSent: number
  /** What the same rounds, each among as many peers, send of bare float32. */
  readonly bytesSentFloat32: number
  /** Of the whole job. */
  readonly seconds: number
}

/**
 * Trains one model on a swarm of processes, and twice more without: on one
 * peer's part of the data and on all of it. With chaos a third time, with
 * everybody's part but no faults.
 *
 * @throws {TrainerError} `CHILD_FAILED`; or the reason of the signal
 */
export async function runJob(init: JobInit): Promise<JobResult> {
  const { signal } = init
  await using crew = createCrew()
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  interrupted.catch(() => {})
  const interrupt = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', interrupt)
  try {
    signal?.throwIfAborted()
    return await Promise.race([trainAll(crew, init), interrupted])
  } catch (error) {
    // Ctrl+C goes to all processes of a terminal, and a child may have ended of
    // it before this one has even heard
    if (isStopped(error)) await Promise.race([interrupted.catch(() => {}), delay(HEARSAY_MS)])
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
}

/** Whether a child ended because somebody told it to. */
function isStopped(error: unknown): boolean {
  if (!(error instanceof TrainerError)) return false
  const { detail }: { detail: object } = error as TrainerError
  return 'stopped' in detail && detail.stopped === true
}

async function trainAll(crew: Crew, init: JobInit): Promise<JobResult> {
  const trained = await (init.chaos === true ? trainAmidFaults(crew, init) : trainSwarm(crew, init))
  const [solo, central, calm] = await Promise.all([
    startBaseline(crew, init, 'solo').report,
    startBaseline(crew, init, 'central').report,
    init.chaos === true ? startBaseline(crew, init, 'calm').report : undefined
  ])
  return { ...trained, solo, central, calm }
}

type Trained = Omit<JobResult, 'solo' | 'central' | 'calm'>

async function trainSwarm(crew: Crew, init: JobInit): Promise<Trained> {
  const { peers } = init
  const run = `trainer-${randomUUID()}`
  // One bar for the swarm: its peers go in step.
  const tally = createTally(tell(init, 'swarm'))
  const start = (index: number, bootstrap: readonly string[]): CrewMember =>
    startPeer(crew, init, { run, index, bootstrap }, { onProgress: tally.watch() })
  const first = start(0, [])
  const bootstrap = await first.listening
  const others = Array.from({ length: peers - 1 }, (_, i) => start(i + 1, bootstrap))
  const swarm = await Promise.all([first, ...others].map(({ report }) => report))
  return { swarm, faults: [], bytesSentByKilled: 0, participants: tally.participants }
}

async function trainAmidFaults(crew: Crew, init: JobInit): Promise<Trained> {
  const { peers, steps, seed, deal, onFault } = init
  const run = `trainer-${randomUUID()}`
  const tally = createTally(tell(init, 'swarm'))
  const lives = Array.from({ length: peers }, () => 0)
  const trained = await trainInChaos({
    ...{ peers, steps, seed },
    say: (line) => onFault?.(line),
    onPresence: (peer, isHere, step) =>
      tally.mark(deal === 'evenly' ? [] : ownDigits(peer, peers), isHere, step),
    launch(index, bootstrap, { onProgress, ...hooks }) {
      const life = (lives[index] = (lives[index] ?? 0) + 1)
      const count = tally.watch()
      return startPeer(
        crew,
        init,
        { run, index, bootstrap, life },
        {
          ...hooks,
          onProgress(progress) {
            count(progress)
            onProgress?.(progress)
          }
        }
      )
    }
  })
  const told = trained.swarm.reduce((sum, { bytesSent }) => sum + bytesSent, 0)
  const bytesSentByKilled = Math.max(0, tally.bytesSent - told)
  return { ...trained, bytesSentByKilled, participants: tally.participants }
}

/** Digits that no other peer has: the one who joins has those of the first. */
function ownDigits(peer: number, peers: number): number[] {
  if (peer === 0 || peers > CLASSES) return []
  return Array.from({ length: CLASSES }, (_, digit) => digit).filter(
    (digit) => digit % peers === peer
  )
}

/** One life of one peer. */
interface Place {
  readonly run: string
  readonly index: number
  readonly bootstrap: readonly string[]
  /** How manyeth life of the peer; 1 if left out. */
  readonly life?: number
}

function startPeer(
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

function startBaseline(crew: Crew, init: JobInit, phase: 'solo' | 'central' | 'calm'): CrewMember {
  const { peers, steps, batch, seed, deal, rule, liars, lie } = init
  const shard = { index: 0, count: peers }
  const tasks: Record<typeof phase, AloneTask | TogetherTask> = {
    solo: { kind: 'alone', shard, steps, batch, seed, deal },
    central: { kind: 'alone', shard: { index: 0, count: 1 }, steps, batch: peers * batch, seed },
    calm: { kind: 'together', shard, steps, batch, seed, deal, rule, liars, lie }
  }
  return started(init, crew.start(phase, tasks[phase], { onProgress: tell(init, phase) }))
}

function tell({ onProgress }: JobInit, phase: Phase): (progress: Progress) => void {
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

/** Puts a job in numbers. */
export function summarize(
  { swarm, solo, central, calm, faults, bytesSentByKilled, participants }: JobResult,
  seconds: number
): JobSummary {
  const rounds = Math.min(...swarm.map((report) => report.rounds))
  return {
    peers: swarm.length,
    rounds,
    accuracy: Math.min(...swarm.map((report) => report.accuracy)),
    soloAccuracy: solo.accuracy,
    centralAccuracy: central.accuracy,
    parametersIdentical: new Set(swarm.map((report) => report.digest)).size === 1,
    links: linksBetween(swarm),
    bytesSent: swarm.reduce((sum, report) => sum + report.bytesSent, bytesSentByKilled),
    bytesSentFloat32: participants.reduce((sum, peers) => sum + float32Bytes(peers, 1), 0),
    seconds,
    ...(calm === undefined ? {} : { calmAccuracy: calm.accuracy, faults })
  }
}

/** Whether the swarm came to what it has to come to: one model, and as good as without faults. */
export function isSuccess(
  { parametersIdentical, accuracy, calmAccuracy }: JobSummary,
  codec: string
): boolean {
  const loss = Math.abs(accuracy - (calmAccuracy ?? accuracy))
  const tolerance = arrivesLate(codec) ? CHAOS.lateTolerance : CHAOS.tolerance
  return parametersIdentical && loss <= tolerance
}

/**
 * Least that any all-reduce sends in float32, all peers together: each of the
 * `n` parts of the values goes `n - 1` times one way and `n - 1` times the other
 * (Patarasuk and Yuan, 2009). Without any header, so the comparison flatters
 * float32.
 */
export function float32Bytes(peers: number, rounds: number): number {
  return rounds * 2 * (peers - 1) * PARAMETER_COUNT * Float32Array.BYTES_PER_ELEMENT
}
