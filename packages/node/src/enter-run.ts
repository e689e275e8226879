import { joinRun } from '@daa-compute/allreduce'
import { createCodec, createErrorFeedback } from '@daa-compute/compression'
import type { ErrorFeedback } from '@daa-compute/interface'
import { createSignatureVerifier, systemClock, systemRandom } from '@daa-compute/transport'
import type { JoinOptions } from './config.ts'
import { openSwarm, type RunParts } from './open-swarm.ts'
import { nativeHasher } from './native-hasher.ts'
import { createReplicator } from './replicate.ts'
import { type JoinedRun, runOfNode } from './run-of-node.ts'

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
  const { config, identity } = parts
  const { logger, metrics } = config
  const { minPeers = config.minPeers } = options
  const { filter: _, signal, ...rest } = options
  signal?.throwIfAborted()
  const codec = await createCodec(options.codec ?? parts.codec)
  const { resultCodec } = options
  const ofResults = resultCodec === undefined ? undefined : await createCodec(resultCodec)
  const { checked, directory, release } = await openSwarm(parts, runId, options, forget)
  try {
    const run = await joinRun({
      run: runId,
      connector: checked.connector,
      directory,
      clock: systemClock,
      random: systemRandom,
      hasher: nativeHasher,
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

/** Residuals belong to one run: they are not handed from one to the next. */
function feedbackOf({ errorFeedback = false }: JoinOptions): ErrorFeedback | undefined {
  if (errorFeedback === false) return undefined
  return errorFeedback === true ? createErrorFeedback() : errorFeedback
}
