import { setTimeout as delay } from 'node:timers/promises'
import { HEARSAY_MS } from './constants.ts'
import { createCrew, type Crew } from './crew.ts'
import { TrainerError } from './errors.ts'
import type { JobInit, JobResult } from './job-init.ts'
import { startBaseline } from './recruit.ts'
import { trainAmidFaults, trainSwarm } from './train-swarm.ts'

/**
 * Trains one model on a swarm of processes, and twice more without: on one
 * peer's part of the data and on all of it. With chaos a third time, with
 * everybody's part but no faults.
 *
 * @throws {TrainerError} `CHILD_FAILED`; or the reason of the signal
 */
export async function runJob(init: JobInit): Promise<JobResult> {
  const { signal } = init
  await using crew = createCrew()
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  interrupted.catch(() => {})
  const interrupt = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', interrupt)
  try {
    signal?.throwIfAborted()
    return await Promise.race([trainAll(crew, init), interrupted])
  } catch (error) {
    // Ctrl+C goes to all processes of a terminal, and a child may have ended of
    // it before this one has even heard
    if (isStopped(error)) await Promise.race([interrupted.catch(() => {}), delay(HEARSAY_MS)])
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
}

/** Whether a child ended because somebody told it to. */
function isStopped(error: unknown): boolean {
  if (!(error instanceof TrainerError)) return false
  const { detail }: { detail: object } = error as TrainerError
  return 'stopped' in detail && detail.stopped === true
}

async function trainAll(crew: Crew, init: JobInit): Promise<JobResult> {
  const trained = await (init.chaos === true ? trainAmidFaults(crew, init) : trainSwarm(crew, init))
  const [solo, central, calm] = await Promise.all([
    startBaseline(crew, init, 'solo').report,
    startBaseline(crew, init, 'central').report,
    init.chaos === true ? startBaseline(crew, init, 'calm').report : undefined
  ])
  return { ...trained, solo, central, calm }
}
