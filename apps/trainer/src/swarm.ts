import type { AbortOptions } from '@daa-compute/interface'
import {
  type AllReduceResult,
  type CompressorChoice,
  createNode,
  type JoinedRun,
  type P2PNetwork,
  type ReduceOptions,
  RoundError,
  type Run
} from '@daa-compute/node'
import type { AverageOptions, Averaged, Averager } from './averager.ts'
import { HINT_AFTER_MS, MAX_TRIES } from './constants.ts'
import { gradientCompression, resultCodecOf } from './gradient-compression.ts'
import { type LinkReport, watchLinks } from './links.ts'
import { watchPresence } from './presence.ts'
import { runIdOf } from './run-id.ts'
import type { PeerTask, TaskHooks } from './task.ts'

/** Averages with the other peers of a run; disposing leaves it politely. */
export interface Swarm extends Averager, AsyncDisposable, LinkReport {
  readonly self: string
}

/**
 * Starts a node, joins the run, and waits until enough peers are there.
 *
 * @throws whatever the node throws
 */
export async function joinRun(
  task: PeerTask,
  { onListening, onWaiting, onRefused, onHint, signal }: TaskHooks & AbortOptions = {}
): Promise<Swarm> {
  const { peers, minPeers, algorithm, errorFeedback, admission } = task
  const { codec, compressor } = gradientCompression(task.codec)
  const node = await createNode({
    listenAddresses: task.listen,
    bootstrapNodes: task.bootstrap,
    enableMdns: task.mdns,
    identity: identityOf(task),
    thread: task.thread,
    codec
  })
  const linksOf = watchLinks(node)
  try {
    signal?.throwIfAborted()
    onListening?.(node.addresses)
    const run = await node.join(runIdOf(task), {
      minPeers,
      algorithm,
      errorFeedback,
      admission,
      resultCodec: resultCodecOf(codec, task.shard.count),
      // Peers of a training die or are switched off; hardly ever is a network cut in
      // two. So those who are left go on, and `minPeers` says how few are too few.
      onQuorumLoss: 'fork',
      signal
    })
    if (onRefused !== undefined) watchRefusals(run, onRefused)
    if (task.bootstrap.length > 0) await node.bootstrap({ signal })
    const timer = setTimeout(() => onHint?.(describeWait(node, run, peers)), HINT_AFTER_MS)
    try {
      await waitForPeers(run, peers, { onWaiting, signal })
    } finally {
      clearTimeout(timer)
    }
    return {
      ...createAverager(run, minPeers, compressor, onWaiting),
      self: node.peerId,
      get links() {
        return linksOf()
      },
      // stopping leaves the run before it closes anything
      [Symbol.asyncDispose]: () => node.stop()
    }
  } catch (error) {
    await node.stop()
    throw error
  }
}

/** People start peers by hand, so a run waits for its first round as long as they like. */
async function waitForPeers(
  run: Run,
  needed: number,
  { onWaiting, signal }: TaskHooks & AbortOptions
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let told = 0
  const look = (): void => {
    const here = run.members.length
    if (here !== told) onWaiting?.(here, needed)
    told = here
    if (here >= needed) resolve()
  }
  const abort = (): void => reject(signal?.reason)
  const endings = [run.on('member:up', look), run.on('member:down', look)]
  signal?.addEventListener('abort', abort)
  try {
    signal?.throwIfAborted()
    look()
    await promise
  } finally {
    for (const end of endings) end()
    signal?.removeEventListener('abort', abort)
  }
}

/** Each refusal is told once, however often it happens; that ends with the run. */
function watchRefusals(run: Run, onRefused: NonNullable<TaskHooks['onRefused']>): void {
  const told = new Map<string, string>()
  run.on('refused', ({ peer, reason }) => {
    if (told.get(peer) === reason) return
    told.set(peer, reason)
    onRefused(peer, reason)
  })
}

/** What may be wrong when the others do not come. */
function describeWait(node: P2PNetwork, run: Run, needed: number): string {
  const missing = needed - run.members.length
  const elsewhere = node.peers.filter((peer) => !run.members.includes(peer)).length
  const hint = elsewhere === 0 ? '' : ` (${elsewhere} connected, but in no run or another one)`
  const failures = Object.entries(run.explain().unreachable)
  if (failures.length > 0) {
    const reasons = failures.map(([peer, reason]) => `${peer}: ${reason}`).join('; ')
    return `still waiting for ${missing} more in the run ${run.id}; not reached: ${reasons}`
  }
  return (
    `still waiting for ${missing} more in the run ${run.id}${hint}: --run, --seed, --steps, ` +
    '--batch, --codec, --algorithm and the n of --shard i/n have to be the same on all peers'
  )
}

/** A gradient, or a state. */
type Tensors = Float32Array | Readonly<Record<string, Float64Array>>

function createAverager(
  run: JoinedRun,
  needed: number,
  compressor: CompressorChoice | undefined,
  onWaiting: TaskHooks['onWaiting']
): Averager {
  const reduce = async (
    values: Tensors,
    { weight, enterLate = false, signal }: AverageOptions,
    own?: CompressorChoice
  ): Promise<Averaged | undefined> => {
    using presence = watchPresence(run, needed, onWaiting)
    const both = AbortSignal.any([presence.signal, ...(signal === undefined ? [] : [signal])])
    const options = { weight, enterLate, compressor: own, signal: both }
    const result = await tryAgain(run, values, options, presence.look)
    if (result === undefined) return undefined
    const { participants, newcomers, bytesSent } = result
    return { participants: participants.length, hasNewcomers: newcomers.length > 0, bytesSent }
  }
  return {
    average: (values, options) => reduce(values, options, compressor),
    share: (values, options) => reduce(values, options)
  }
}

/**
 * The survivors of a round finish it by themselves. What is left to do here: to
 * ask again when it could not be learnt what became of it, and, while this peer's
 * values count nothing, when it came to a round of another kind than it thought.
 */
async function tryAgain(
  run: JoinedRun,
  values: Tensors,
  options: ReduceOptions,
  failed: () => void
): Promise<AllReduceResult<Tensors> | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await run.allReduce(values, options)
    } catch (error) {
      if (!(error instanceof RoundError) || tries === MAX_TRIES) throw error
      if (error.code === 'BEHIND') return undefined
      const isStranger = error.code === 'REQUEST_MISMATCH' && options.weight === 0
      if (isStranger && options.enterLate !== true) return undefined
      if (!isStranger && error.code !== 'OUTCOME_UNKNOWN') throw error
      failed()
    }
  }
}

function identityOf({ identity }: PeerTask): string | Uint8Array | undefined {
  if (identity === undefined) return undefined
  return 'path' in identity ? identity.path : Uint8Array.from(Buffer.from(identity.seed, 'hex'))
}
