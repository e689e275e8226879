import type { Attempt, Ballot, Clock, Codec, Hasher, PeerId } from '@daa-compute/interface'
import { asError } from '../as-error.ts'
import { STALL_AFTER_MS, STALL_CHECK_MS } from '../constants.ts'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import { Executor } from '../executor/executor.ts'
import { createLayout } from '../executor/layout.ts'
import type { DataRouter } from '../executor/router.ts'
import { SegmentStore } from '../executor/segment-store.ts'
import type { UndoBuffer } from '../executor/undo.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { ALGORITHMS } from '../schedule/algorithms.ts'

export interface ReductionInit {
  readonly attempt: Attempt
  readonly self: PeerId
  readonly values: Float32Array
  readonly undo: UndoBuffer
  readonly codec: Codec | undefined
  readonly hasher: Hasher
  readonly clock: Clock
  readonly mesh: Mesh
  readonly router: DataRouter
  readonly signal: AbortSignal | undefined
}

/** What came of a reduction: how to vote, and what crossed the network. */
export interface ReductionOutcome {
  readonly ballot: Ballot
  readonly bytesSent: number
  readonly bytesReceived: number
}

/**
 * Moves the values of one attempt, until they are reduced or the attempt is
 * doomed. It never throws: whatever goes wrong becomes a vote against.
 */
export async function reduce(init: ReductionInit): Promise<ReductionOutcome> {
  const { attempt, mesh, router, signal } = init
  const { plan } = attempt
  let executor: Executor
  try {
    executor = createExecutor(init)
  } catch (error) {
    return { ballot: against(error), bytesSent: 0, bytesReceived: 0 }
  }
  const doom = (): void => executor.fail(asError(attempt.doomed.reason))
  const abort = (): void => executor.fail(asError(signal?.reason))
  attempt.doomed.addEventListener('abort', doom)
  signal?.addEventListener('abort', abort)
  const endWatch = watchForStall(init.clock, executor, (rank) => plan.members[rank]?.peer)
  try {
    if (attempt.doomed.aborted) doom()
    if (signal?.aborted === true) abort()
    router.begin(plan, executor)
    const digest = await executor.run()
    return outcome(executor, { type: 'commit', digest })
  } catch (error) {
    const culprit = error instanceof AttemptFailure ? error.culprit : undefined
    if (culprit !== undefined && mesh.get(culprit) !== undefined && !attempt.doomed.aborted) {
      mesh.disconnect(culprit, asError(error).message)
    }
    return outcome(executor, against(error))
  } finally {
    endWatch()
    router.end(plan)
    attempt.doomed.removeEventListener('abort', doom)
    signal?.removeEventListener('abort', abort)
  }
}

function createExecutor(init: ReductionInit): Executor {
  const { attempt, self, mesh, codec, hasher, values, undo } = init
  const { plan } = attempt
  const rank = plan.members.findIndex(({ peer }) => peer === self)
  const size = plan.members.length
  const { schedule, chunks } = ALGORITHMS[plan.algorithm]
  const layout = createLayout(plan.length, chunks(size), plan.segmentLength)
  const steps = schedule(rank, size, chunks(size))
  const store = new SegmentStore({ plan, rank, steps, layout, values, undo, codec, hasher })
  return new Executor({
    plan,
    steps,
    layout,
    store,
    async send(to, frame) {
      const peer = plan.members[to]?.peer
      if (peer === undefined) throw new RangeError(`there is no rank ${to}`)
      try {
        await mesh.sendData(peer, frame)
      } catch (cause) {
        throw new AttemptFailure(`cannot send to ${peer}: ${asError(cause).message}`, peer, {
          cause
        })
      }
    }
  })
}

/** Fails an attempt in which nothing moves, although everybody is alive. */
function watchForStall(
  clock: Clock,
  executor: Executor,
  peerOf: (rank: number) => PeerId | undefined
): () => void {
  let seen = executor.segmentsDone
  let since = clock.now()
  let cancel = clock.schedule(STALL_CHECK_MS, check)
  function check(): void {
    const now = clock.now()
    if (executor.segmentsDone !== seen) {
      seen = executor.segmentsDone
      since = now
    } else if (now - since >= STALL_AFTER_MS) {
      // nobody is accused: in a ring the one waited for waits itself
      const whom = executor.awaited().map(peerOf).join(', ') || 'a peer that takes nothing'
      const what = `no segment moved for ${Math.round(now - since)} ms, waiting for ${whom}`
      executor.fail(new AttemptFailure(what))
      return
    }
    cancel = clock.schedule(STALL_CHECK_MS, check)
  }
  return () => cancel()
}

function against(error: unknown): Ballot {
  const culprit = error instanceof AttemptFailure ? error.culprit : undefined
  return { type: 'abort', culprit, reason: asError(error).message }
}

function outcome(executor: Executor, ballot: Ballot): ReductionOutcome {
  const { bytesSent, bytesReceived } = executor
  return { ballot, bytesSent, bytesReceived }
}
