import { createSharedState } from '../create-shared-state.ts'
import { Ancestry, ANCESTRY_NAME } from './ancestry.ts'
import { ReplicaError } from './errors.ts'
import { LiveReplica } from './live-replica.ts'
import type { Replica, ReplicaInit } from './replica.ts'
import type { RoundValues } from './round-source.ts'

/**
 * Makes tensors one copy of what a run trains: the same bits at every peer, also at
 * those that come late, were away or forked off.
 *
 * @throws {ReplicaError} `NAME_TAKEN`
 * @throws whatever `createSharedState` does
 */
export async function createReplica<Values extends RoundValues>(
  init: ReplicaInit<Values>
): Promise<Replica<Values>> {
  const { run } = init
  if (ANCESTRY_NAME in init.tensors) {
    throw new ReplicaError(
      'NAME_TAKEN',
      `a tensor is called ${ANCESTRY_NAME}, as is one of the replica's own: give it another name`,
      { name: ANCESTRY_NAME }
    )
  }
  const ancestry = new Ancestry()
  const tensors = { ...init.tensors, [ANCESTRY_NAME]: ancestry.tensor }
  const members = (): readonly (typeof run.self)[] =>
    run.members.filter((peer) => peer !== run.self)
  const state = await createSharedState({ ...init, run: run.id, tensors, members })
  return new LiveReplica({ ...init, tensors }, state, ancestry)
}
