import type { Emitter } from '@daa-compute/interface'
import type { Revision, SharedState } from '../shared-state.ts'
import type { Ancestry } from './ancestry.ts'
import type { Course } from './course.ts'
import type { ForkKeeper } from './forks.ts'
import type { ReplicaEvents, ReplicaInit } from './replica.ts'
import type { RoundResult, RoundValues } from './round-source.ts'

/** What the parts of a replica share. */
export interface ReplicaParts<Values extends RoundValues> {
  readonly init: ReplicaInit<Values>
  readonly state: SharedState
  readonly ancestry: Ancestry
  readonly keeper: ForkKeeper
  readonly course: Course
  readonly events: Emitter<ReplicaEvents>
}

/** The state that a round makes. */
export function after({ lineage, sequence }: RoundResult): Revision {
  return { lineage, sequence: sequence + 1 }
}
