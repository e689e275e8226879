import type { Connector, Logger, Metrics } from '@daa-compute/interface'
import {
  createReplica,
  type Replica,
  type ReplicaInit,
  type RoundValues,
  type StepOptions,
  type StepResult
} from '@daa-compute/state'
import { systemClock, systemRandom } from '@daa-compute/transport'
import type { JoinedRun, ReduceOptions } from './run-of-node.ts'
import { nativeHasher } from './native-hasher.ts'

/** What a replica is made of; the rest is the run's. */
export type ReplicaOptions<Values extends RoundValues> = Omit<
  ReplicaInit<Values>,
  'run' | 'connector' | 'clock' | 'random' | 'hasher' | 'logger' | 'metrics'
>

/** How a step's values are brought to a round. */
export type ReplicaStepOptions = Omit<StepOptions, 'compressor'> &
  Pick<ReduceOptions, 'compressor' | 'rule'>

/** One peer's copy of what a run trains; compressors may be given by name. */
export interface RunReplica<Values extends RoundValues> extends Omit<Replica<Values>, 'step'> {
  step(values: Values, options?: ReplicaStepOptions): Promise<StepResult<Values>>
}

/** What of a run its replicas are made of. */
export interface ReplicatorInit {
  readonly connector: Connector
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
}

/** Makes the replicas of a run, and stops them when it is left. */
export interface Replicator {
  replicate<Values extends RoundValues>(
    run: Pick<JoinedRun, 'id' | 'self' | 'members' | 'allReduce' | 'on' | 'explain'>,
    options: ReplicaOptions<Values>
  ): Promise<RunReplica<Values>>
  stop(): Promise<void>
}

export function createReplicator(init: ReplicatorInit): Replicator {
  const replicas = new Set<AsyncDisposable & { stop(): Promise<void> }>()
  return {
    async replicate(run, options) {
      const replica = await createReplica({
        ...options,
        ...init,
        run: {
          id: run.id,
          self: run.self,
          get members() {
            return run.members
          },
          on: (name, listener) => run.on(name, listener),
          explain: () => run.explain(),
          // a step's options are handed on as they are, and those are of this run
          allReduce: (values, given) => run.allReduce(values, given)
        },
        clock: systemClock,
        random: systemRandom,
        hasher: nativeHasher
      })
      replicas.add(replica)
      return replica
    },
    async stop() {
      await Promise.all([...replicas].map((replica) => replica.stop()))
      replicas.clear()
    }
  }
}
