import { asError, type Frame, type Plan } from '@daa-compute/interface'
import { AttemptFailure } from './attempt-failure.ts'
import { Executor, type ExecutorInit } from './executor.ts'
import type { Reduction } from './reduction.ts'
import type { DataRouter } from './router.ts'

/** What carrying out some steps needs. */
export interface StepReductionInit extends Omit<ExecutorInit, 'exchange' | 'send'> {
  readonly router: DataRouter
  /** Which of several exchanges of one attempt this is, from 0. Default: the only one */
  readonly exchange?: number | undefined
  /** Sends a data frame; settles as `Channel.send` does. */
  send(rank: number, frame: Frame): Promise<void>
  /** Called when all steps are done. */
  finished?(): void
}

/** Carries out steps over the segments of a store. */
export function createStepReduction(init: StepReductionInit): Reduction {
  const { plan, router, exchange } = init
  const executor = new Executor({
    ...init,
    exchange: exchange ?? 0,
    send: (rank, frame) => sendTo(plan, rank, init.send(rank, frame))
  })
  return {
    async run() {
      router.begin(plan, executor, exchange)
      try {
        const digest = await executor.run()
        init.finished?.()
        return digest
      } finally {
        router.end(plan, exchange)
      }
    },
    fail: (error) => executor.fail(error),
    released: () => executor.released(),
    get bytesSent() {
      return executor.bytesSent
    },
    get bytesReceived() {
      return executor.bytesReceived
    },
    get segmentsDone() {
      return executor.segmentsDone
    },
    get segmentsTotal() {
      return executor.segmentsTotal
    },
    awaited: () => executor.awaited(),
    blocked: () => executor.blocked(),
    offered: executor.offered,
    taken: executor.taken
  }
}

async function sendTo({ members }: Plan, rank: number, sent: Promise<void>): Promise<void> {
  try {
    await sent
  } catch (cause) {
    const peer = members[rank]?.peer
    throw new AttemptFailure(`cannot send to ${peer}: ${asError(cause).message}`, peer, { cause })
  }
}
