import type { AbortOptions } from '@daa-compute/interface'
import { createNode, RoundError, type Run } from '@daa-compute/node'
import type { AverageOptions, Averaged, Averager } from './averager.ts'
import { MAX_TRIES } from './constants.ts'
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
  { onListening, onWaiting, signal }: TaskHooks & AbortOptions = {}
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
    const run = await node.join(task.run, { minPeers, algorithm, signal })
    if (task.bootstrap.length > 0) await node.bootstrap({ signal })
    await waitForPeers(run, peers, { onWaiting, signal })
    return {
      average: (values, options) => average(run, minPeers, values, options),
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

/**
 * A peer that dies in a round costs a try and leaves the values as they were;
 * the next try goes without it, if enough are left.
 */
async function average(
  run: Run,
  needed: number,
  values: Float32Array,
  options: AverageOptions
): Promise<Averaged> {
  for (let tries = 1; ; tries++) {
    try {
      const { participants, bytesSent } = await run.allReduce(values, options)
      return { participants: participants.length, bytesSent }
    } catch (error) {
      const again = tries < MAX_TRIES && run.members.length >= needed
      if (!again || !isPassing(error)) throw error
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
