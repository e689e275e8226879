import type { Run } from '@daa-compute/allreduce'
import type { CheckedRun } from './checked-run.ts'

/** A run as a node is in it. */
export interface JoinedRun extends Run {
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
  released: () => Promise<void>
): JoinedRun {
  let leaving: Promise<void> | undefined
  const end = async (): Promise<void> => {
    try {
      await run.leave()
    } finally {
      await released()
    }
  }
  const leave = (): Promise<void> => {
    leaving ??= end()
    return leaving
  }
  return {
    id: run.id,
    self: run.self,
    codec: run.codec,
    get members() {
      return run.members
    },
    on: (name, listener) => run.on(name, listener),
    allReduce: (values, options) => run.allReduce(values, options),
    explain: () => run.explain(),
    revoke,
    renew,
    leave,
    [Symbol.asyncDispose]: leave
  }
}
