import type { Run } from '@daa-compute/allreduce'

/** The run as the node hands it out: leaving it also takes back the announcement. */
export function runOfNode(run: Run, released: () => Promise<void>): Run {
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
    leave,
    [Symbol.asyncDispose]: leave
  }
}
