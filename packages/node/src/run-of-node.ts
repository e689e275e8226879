import type {
  AllReduceOptions,
  AllReduceResult,
  NamedTensors,
  Run,
  Values
} from '@daa-compute/allreduce'
import type { RoundValues } from '@daa-compute/state'
import type { CheckedRun } from './checked-run.ts'
import { type CompressorChoice, createCompressors } from './compressor-choice.ts'
import type { ReplicaOptions, Replicator, RunReplica } from './replicate.ts'

/** Options of one all-reduce of a node. */
export interface ReduceOptions extends Omit<AllReduceOptions, 'compressor'> {
  /** As of the run; or by name, which the run then makes one of and keeps. Default: none */
  readonly compressor?: AllReduceOptions['compressor'] | CompressorChoice
}

/** A run as a node is in it. */
export interface JoinedRun extends Run {
  /** As `Run.allReduce`, and takes compressors by name. */
  allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: ReduceOptions
  ): Promise<AllReduceResult<Reduced>>

  /**
   * Keeps tensors the same bits at every member: each step brings values to a round and
   * applies what it results in, and whoever was away takes over the state of the others
   * by itself. One for each run; its steps are the run's calls. It ends with the run.
   *
   * @throws {ReplicaError} `NAME_TAKEN`; {@link StateError} `BAD_OPTION`
   * @throws {ConnectorError} `ALREADY_ACCEPTED` when the run has a replica already
   * @throws {NodeError} `NOT_SHARED` when the network is on a thread of its own, which
   * others are served by, and the tensors are not on memory that both threads share
   */
  replicate<Values extends RoundValues>(
    options: ReplicaOptions<Values>
  ): Promise<RunReplica<Values>>

  /**
   * Takes in a revocation by the run's owner, and tells the other members: peers that
   * it concerns lose their place at once.
   *
   * @param revocation as `daa-token revoke` prints it
   * @returns whether it was new
   * @throws {NodeError} `NO_OWNER`; {@link AdmissionError} `BAD_STATEMENT`
   */
  revoke(revocation: string): Promise<boolean>

  /**
   * Replaces this peer's token and shows the new one to the other members. Do so
   * before the old one expires: they end the connection then.
   *
   * @throws {NodeError} `NO_OWNER`; {@link AdmissionError} `BAD_STATEMENT`, `TOKEN_REFUSED`
   */
  renew(token: string): Promise<void>
}

/** The run as the node hands it out: leaving it also takes back the announcement. */
export function runOfNode(
  run: Run,
  { revoke, renew }: Pick<CheckedRun, 'revoke' | 'renew'>,
  replicator: Replicator,
  released: () => Promise<void>
): JoinedRun {
  const compressors = createCompressors()
  let leaving: Promise<void> | undefined
  const end = async (): Promise<void> => {
    try {
      await replicator.stop()
      await run.leave()
    } finally {
      await released()
    }
  }
  const leave = (): Promise<void> => {
    leaving ??= end()
    return leaving
  }
  const joined: JoinedRun = {
    id: run.id,
    self: run.self,
    codec: run.codec,
    get members() {
      return run.members
    },
    on: (name, listener) => run.on(name, listener),
    allReduce: (values, options = {}) => {
      const { compressor } = options
      return compressors.with(compressor, (made) =>
        run.allReduce(values, { ...options, compressor: made })
      )
    },
    explain: () => run.explain(),
    replicate: (options) => replicator.replicate(joined, options),
    revoke,
    renew,
    leave,
    [Symbol.asyncDispose]: leave
  }
  return joined
}
