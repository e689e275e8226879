import { MAX_CODEC_NAME_LENGTH, MAX_RUN_ID_LENGTH } from './constants.ts'
import { LiveRun } from './live-run.ts'
import type { Run } from './run.ts'
import type { RunInit } from './run-init.ts'

const TIMES = ['patienceMs', 'formTimeoutMs', 'suspectAfterMs', 'quorumLossMs'] as const

/**
 * Joins a run over any {@link Connector}.
 *
 * @throws {RangeError} for a run id, a number of peers, a time or a budget out of range
 * @throws {ConnectorError} `ALREADY_ACCEPTED` when this peer is in the run already
 */
export async function joinRun(init: RunInit): Promise<Run> {
  const length = new TextEncoder().encode(init.run).length
  if (length === 0 || length > MAX_RUN_ID_LENGTH) {
    throw new RangeError(`a run id has 1 to ${MAX_RUN_ID_LENGTH} bytes, this one ${length}`)
  }
  const minPeers = init.minPeers ?? 2
  if (!Number.isInteger(minPeers) || minPeers < 1) {
    throw new RangeError(`minPeers is a whole number of at least 1, not ${minPeers}`)
  }
  const codecName =
    new TextEncoder().encode(`${init.codec?.name ?? ''}/${init.resultCodec?.name ?? ''}`).length - 1
  if (codecName > MAX_CODEC_NAME_LENGTH) {
    throw new RangeError(
      `a codec's name has at most ${MAX_CODEC_NAME_LENGTH} bytes, not ${codecName}`
    )
  }
  for (const name of TIMES) {
    const value = init[name]
    if (value !== undefined && !(value > 0)) throw new RangeError(`${name} is more than 0 ms`)
  }
  const { metered: _, ...amounts } = init.budget ?? {}
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount !== undefined && !(amount > 0)) {
      throw new RangeError(`budget.${name} is more than 0, not ${amount}`)
    }
  }
  const run = new LiveRun(init, minPeers)
  try {
    await run.start()
  } catch (error) {
    // one of the two protocols may be accepted already
    await run.leave()
    throw error
  }
  return run
}
