import { groupFacts } from './facts.ts'
import type { Group, GroupInit } from './group.ts'
import { LiveGroup } from './live-group.ts'

/**
 * Makes a group of a fixed set of peers over any {@link Connector}. Every member
 * calls it, in any order; it resolves when they have all come.
 *
 * @throws {GroupError} `BAD_GROUP`, or `NOT_CONNECTED` when a member refuses or
 * does not come within `connectTimeoutMs`; or the signal's reason
 * @throws {ConnectorError} `ALREADY_ACCEPTED` when this peer is in a group of
 * the same id already
 */
export async function createGroup(init: GroupInit): Promise<Group> {
  const group = new LiveGroup(init, groupFacts(init))
  try {
    await group.start({ signal: init.signal })
  } catch (error) {
    await group.close({ signal: AbortSignal.abort() })
    throw error
  }
  return group
}
