import type { AbortOptions } from '@daa-compute/interface'
import { createNode, RoundError, type P2PNetwork, type Run } from '@daa-compute/node'
import type { AverageOptions, Averaged, Averager } from './averager.ts'
import { HINT_AFTER_MS, MAX_TRIES } from './constants.ts'
import { watchPresence } from './presence.ts'
import { runIdOf } from './run-id.ts'
import type { PeerTask, TaskHooks } from './task.ts'

/** Averages with the other peers of a run; disposing leaves it politely. */
export type Swarm = Averager & AsyncDisposable

/**
 * Starts a node, joins the run, and waits until enough peers are there.
 *
 * @throws whatever the node throws
 */
export async function joinRun(
  task: PeerTask,
  { onListening, onWaiting, onHint, signal }: TaskHooks & AbortOptions = {}
): Promise<Swarm> {
  const { peers, minPeers, codec, algorithm } = task
  const node = await createNode({
    listenAddresses: task.listen,
    bootstrapNodes: task.bootstrap,
    enableMdns: task.mdns,
    identity: identityOf(task),
    codec
  })
  try {
    signal?.throwIfAborted()
    onListening?.(node.addresses)
    const run = await node.join(runIdOf(task), { minPeers, algorithm, signal })
    if (task.bootstrap.length > 0) await node.bootstrap({ signal })
    const timer = setTimeout(() => onHint?.(describeWait(node, run, peers)), HINT_AFTER_MS)
    try {
      await waitForPeers(run, peers, { onWaiting, signal })
    } finally {
      clearTimeout(timer)
    }
    return {
      average: (values, options) => average(run, minPeers, values, { ...options, onWaiting }),
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

/** What may be wrong when the others do not come. */
function describeWait(node: P2PNetwork, run: Run, needed: number): string {
  const missing = needed - run.members.length
  const elsewhere = node.peers.filter((peer) => !run.members.includes(peer)).length
  const hint = elsewhere === 0 ? '' : ` (${elsewhere} connected, but in no run or another one)`
  return (
    `still waiting for ${missing} more in the run ${run.id}${hint}: --run, --seed, --steps, ` +
    '--batch, --codec, --algorithm and the n of --shard i/n have to be the same on all peers'
  )
}

/**
 * A peer that dies in a round costs a try and leaves the values as they were;
 * the next try goes without it, if enough are left or come back soon.
 */
async function average(
  run: Run,
  needed: number,
  values: Float32Array,
  { weight, signal, onWaiting }: AverageOptions & Pick<TaskHooks, 'onWaiting'>
): Promise<Averaged> {
  using presence = watchPresence(run, needed, onWaiting)
  const both = AbortSignal.any([presence.signal, ...(signal === undefined ? [] : [signal])])
  for (let tries = 1; ; tries++) {
    try {
      const { participants, bytesSent } = await run.allReduce(values, { weight, signal: both })
      return { participants: participants.length, bytesSent }
    } catch (error) {
      if (tries === MAX_TRIES || !isPassing(error)) throw error
      presence.look()
    }
  }
}

/** Whether the round itself may succeed if it is called again. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof RoundError &&
    (error.code === 'PEER_FAILED' || error.code === 'ABORTED' || error.code === 'OUTCOME_UNKNOWN')
  )
}

function identityOf({ identity }: PeerTask): string | Uint8Array | undefined {
  if (identity === undefined) return undefined
  return 'path' in identity ? identity.path : Uint8Array.from(Buffer.from(identity.seed, 'hex'))
}
