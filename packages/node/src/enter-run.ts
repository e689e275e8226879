import { joinRun } from '@daa-compute/allreduce'
import { createCodec, createErrorFeedback } from '@daa-compute/compression'
import {
  connectDirectory,
  createRunDirectory,
  type PubsubNode,
  requireCapabilities,
  type RunDirectory,
  wallClockIncarnation
} from '@daa-compute/discovery'
import {
  type Broadcast,
  type Connector,
  type ErrorFeedback,
  type PeerId,
  peerId
} from '@daa-compute/interface'
import { createSignatureVerifier, type Identity } from '@daa-compute/transport'
import { admissionOf } from './admission.ts'
import { checkRun } from './checked-run.ts'
import type { JoinOptions, SwarmConfig } from './config.ts'
import { platformClock, platformHasher, platformRandom } from './platform.ts'
import { createReplicator } from './replicate.ts'
import { type JoinedRun, runOfNode } from './run-of-node.ts'

/** What of a node its runs are made of. */
export interface RunParts {
  readonly config: SwarmConfig
  /** Codec of runs that don't choose their own. */
  readonly codec: string
  readonly identity: Identity
  readonly libp2p: PubsubNode
  readonly connector: Connector
  readonly broadcast: Broadcast
}

/**
 * Joins a run: decides who may be in it, announces this peer and looks for the others.
 *
 * @param forget is called when the run is over for this node, also if it is not joined
 */
export async function enterRun(
  parts: RunParts,
  runId: string,
  options: JoinOptions,
  forget: () => void
): Promise<JoinedRun> {
  const { config, identity, libp2p, connector, broadcast } = parts
  const { logger, metrics } = config
  const { minPeers = config.minPeers, admission = config.admission } = options
  const { filter, signal, ...rest } = options
  signal?.throwIfAborted()
  const codec = await createCodec(options.codec ?? parts.codec)
  const { resultCodec } = options
  const ofResults = resultCodec === undefined ? undefined : await createCodec(resultCodec)
  const checked = await checkRun({
    run: runId,
    connector,
    broadcast,
    admission: await admissionOf(admission, runId, identity.peer),
    metrics,
    logger
  })
  let directory: RunDirectory
  try {
    directory = announce(parts, runId, filter)
  } catch (error) {
    await checked.stop()
    throw error
  }
  const disconnectDirectory = connectDirectory(libp2p, directory, { logger })
  let released: Promise<void> | undefined
  const release = (): Promise<void> => {
    forget()
    disconnectDirectory()
    released ??= Promise.all([directory.stop(), checked.stop()]).then(() => undefined)
    return released
  }
  try {
    const run = await joinRun({
      run: runId,
      connector: checked.connector,
      directory,
      clock: platformClock,
      random: platformRandom,
      hasher: platformHasher,
      signer: identity.signer,
      verifier: createSignatureVerifier(),
      logger,
      metrics,
      budget: config.budget,
      ...rest,
      minPeers,
      codec,
      resultCodec: ofResults,
      errorFeedback: feedbackOf(options)
    })
    const replicator = createReplicator({ connector: checked.connector, logger, metrics })
    const joined = runOfNode(run, checked, replicator, release)
    if (signal?.aborted === true) {
      await joined.leave()
      signal.throwIfAborted()
    }
    return joined
  } catch (error) {
    await release()
    throw error
  }
}

function announce(
  { config, libp2p, broadcast }: RunParts,
  runId: string,
  filter: JoinOptions['filter']
): RunDirectory {
  const { logger, metrics, capabilities = {} } = config
  const peer: PeerId = peerId(libp2p.peerId.toString())
  return createRunDirectory({
    runId,
    incarnation: wallClockIncarnation(),
    self: () => ({ peer, addresses: libp2p.getMultiaddrs().map(String), capabilities }),
    broadcast,
    clock: platformClock,
    random: platformRandom,
    filter: typeof filter === 'object' ? requireCapabilities(filter) : filter,
    metrics,
    logger
  })
}

/** Residuals belong to one run: they are not handed from one to the next. */
function feedbackOf({ errorFeedback = false }: JoinOptions): ErrorFeedback | undefined {
  if (errorFeedback === false) return undefined
  return errorFeedback === true ? createErrorFeedback() : errorFeedback
}
