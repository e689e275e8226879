import { MAX_RUN_ID_LENGTH, RUN_TOPIC_PREFIX } from '../constants.ts'
import { DiscoveryError } from '../errors.ts'

/**
 * The topic on which the peers of a run announce themselves.
 *
 * @throws {DiscoveryError} `BAD_RUN_ID`
 */
export function runTopic(runId: string): string {
  const length = runId.isWellFormed() ? new TextEncoder().encode(runId).length : 0
  if (length === 0 || length > MAX_RUN_ID_LENGTH) {
    throw new DiscoveryError(
      'BAD_RUN_ID',
      `a run id is well-formed text of 1 to ${MAX_RUN_ID_LENGTH} bytes in UTF-8, got ${JSON.stringify(runId.slice(0, 40))}: choose another name`,
      { runId }
    )
  }
  return RUN_TOPIC_PREFIX + encodeURIComponent(runId)
}
