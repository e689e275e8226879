import { LiveSharedState } from './live-shared-state.ts'
import { checkOptions } from './options.ts'
import type { SharedState, SharedStateInit } from './shared-state.ts'

/**
 * Begins to share the state of a run: to serve it, once there is one, and to fetch it.
 *
 * @throws {StateError} `BAD_OPTION`
 * @throws {ConnectorError} `ALREADY_ACCEPTED`, `STOPPED`
 */
export async function createSharedState(init: SharedStateInit): Promise<SharedState> {
  const state = new LiveSharedState(checkOptions(init))
  await state.start()
  return state
}
