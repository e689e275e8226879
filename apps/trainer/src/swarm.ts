import type { AbortOptions } from '@daa-compute/interface'
import { createNode, type P2PNetwork, type Run, type SwarmConfig } from '@daa-compute/node'
import type { Averager } from './averager.ts'
import { HINT_AFTER_MS } from './constants.ts'
import { followByReplica } from './following.ts'
import { gradientCompression, resultCodecOf } from './gradient-compression.ts'
import { type LinkReport, watchLinks } from './links.ts'
import { parsedRule } from './rule.ts'
import { runIdOf } from './run-id.ts'
import { followBySharing } from './sharing.ts'
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
    const rule = task.rule === undefined ? undefined : parsedRule(task.rule)
    const init = { run, needed: minPeers, compressor, rule, onWaiting }
    const { follow, serveOut } = task.thread ? followBySharing(init) : followByReplica(init)
    return {
      follow,
      self: node.peerId,
      get links() {
        return linksOf()
      },
      // stopping leaves the run before it closes anything
      async [Symbol.asyncDispose]() {
        if (signal?.aborted !== true) await serveOut()
        await node.stop()
      }
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
    '--batch, --deal, --codec, --algorithm, --rule and the n of --shard i/n have to be the same on all peers'
  )
}

function identityOf({ identity }: PeerTask): SwarmConfig['identity'] {
  if (identity === undefined) return undefined
  if ('seed' in identity) return Uint8Array.from(Buffer.from(identity.seed, 'hex'))
  const { path, passphrase } = identity
  return passphrase === undefined ? path : { path, passphrase }
}
