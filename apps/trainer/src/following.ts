import { DaaError } from '@daa-compute/interface'
import type { AggregationRule, CompressorChoice, JoinedRun, RunReplica } from '@daa-compute/node'
import type { Averager } from './averager.ts'
import { MAX_TRIES, SERVE_OUT_MS } from './constants.ts'
import { watchPresence } from './presence.ts'
import type { TaskHooks } from './task.ts'

/** What it takes to train with the peers of a run. */
export interface FollowingInit extends Pick<TaskHooks, 'onWaiting'> {
  readonly run: JoinedRun
  /** Peers without which no step is taken. */
  readonly needed: number
  readonly compressor: CompressorChoice | undefined
  /** What gradients are aggregated by, instead of their mean. */
  readonly rule: AggregationRule | undefined
}

/** An averager whose peers keep a common state. */
export interface Following extends Averager {
  /** At the end, waits a while for whoever is still fetching this peer's state. */
  serveOut(): Promise<void>
}

/** Codes after which a step may do better when it is tried again. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([
  ...['OUTCOME_UNKNOWN', 'REQUEST_MISMATCH', 'ABORTED'],
  ...['NO_DONORS', 'NO_QUORUM', 'NO_SUCH_REVISION', 'CANNOT_KEEP_UP', 'NOT_WHOLE', 'NOT_LEVEL']
])

/** Keeps a replica of what the run trains: who was away catches up by itself. */
export function followByReplica(init: FollowingInit): Following {
  const { run, needed, compressor, rule, onWaiting } = init
  let serveOut = (): Promise<void> => Promise.resolve()
  return {
    serveOut: () => serveOut(),
    async follow({ tensors, apply, onBehind }) {
      const replica = await run.replicate<Float32Array>({ tensors, apply })
      serveOut = watchJoiners(replica)
      replica.on('behind', () => onBehind?.())
      return {
        get isWhole() {
          return replica.revision !== undefined
        },
        async step(gradient, { weight, signal }) {
          using presence = watchPresence(run, needed, onWaiting)
          const both = AbortSignal.any([presence.signal, ...(signal === undefined ? [] : [signal])])
          const options = { weight, compressor, rule, signal: both }
          const result = await tryAgain(() => replica.step(gradient, options), presence.look)
          const { participants, caughtUp, bytesSent } = result
          return { participants: participants.length, caughtUp: caughtUp.length > 0, bytesSent }
        }
      }
    }
  }
}

/**
 * The survivors of a round finish it by themselves, and who was away catches up by
 * itself. What is left to do here is to ask again when that did not succeed.
 */
async function tryAgain<Result>(
  attempt: () => Promise<Result>,
  failed: () => void
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const isPassing = error instanceof DaaError && PASSING_CODES.has(error.code)
      if (!isPassing || tries === MAX_TRIES) throw error
      failed()
    }
  }
}

function watchJoiners(replica: RunReplica<Float32Array>): () => Promise<void> {
  const served = new Set<string>()
  let changed = (): void => {}
  replica.on('joiner:served', ({ peer }) => void served.add(peer))
  replica.on('joiner:released', ({ peer }) => {
    served.delete(peer)
    changed()
  })
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    changed = () => {
      if (served.size === 0) resolve()
    }
    changed()
    const timer = setTimeout(resolve, SERVE_OUT_MS)
    await promise
    clearTimeout(timer)
  }
}
