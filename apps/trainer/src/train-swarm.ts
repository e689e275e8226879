import { randomUUID } from 'node:crypto'
import { trainInChaos } from './chaos.ts'
import { CLASSES } from './constants.ts'
import type { Crew, CrewMember } from './crew.ts'
import type { JobInit, JobResult } from './job-init.ts'
import { startPeer, tell } from './recruit.ts'
import { createTally } from './tally.ts'

/** What came of the swarm; the baselines are still to be trained. */
export type Trained = Omit<JobResult, 'solo' | 'central' | 'calm'>

/** Everybody starts, trains and ends together. */
export async function trainSwarm(crew: Crew, init: JobInit): Promise<Trained> {
  const { peers } = init
  const run = `trainer-${randomUUID()}`
  // One bar for the swarm: its peers go in step.
  const tally = createTally(tell(init, 'swarm'))
  const start = (index: number, bootstrap: readonly string[]): CrewMember =>
    startPeer(crew, init, { run, index, bootstrap }, { onProgress: tally.watch() })
  const first = start(0, [])
  const bootstrap = await first.listening
  const others = Array.from({ length: peers - 1 }, (_, i) => start(i + 1, bootstrap))
  const swarm = await Promise.all([first, ...others].map(({ report }) => report))
  return { swarm, faults: [], bytesSentByKilled: 0, participants: tally.participants }
}

/** The same while peers are killed, stopped and started again. */
export async function trainAmidFaults(crew: Crew, init: JobInit): Promise<Trained> {
  const { peers, steps, seed, deal, onFault } = init
  const run = `trainer-${randomUUID()}`
  const tally = createTally(tell(init, 'swarm'))
  const lives = Array.from({ length: peers }, () => 0)
  const trained = await trainInChaos({
    ...{ peers, steps, seed },
    say: (line) => onFault?.(line),
    onPresence: (peer, isHere, step) =>
      tally.mark(deal === 'evenly' ? [] : ownDigits(peer, peers), isHere, step),
    launch(index, bootstrap, { onProgress, ...hooks }) {
      const life = (lives[index] = (lives[index] ?? 0) + 1)
      const count = tally.watch()
      return startPeer(
        crew,
        init,
        { run, index, bootstrap, life },
        {
          ...hooks,
          onProgress(progress) {
            count(progress)
            onProgress?.(progress)
          }
        }
      )
    }
  })
  const told = trained.swarm.reduce((sum, { bytesSent }) => sum + bytesSent, 0)
  const bytesSentByKilled = Math.max(0, tally.bytesSent - told)
  return { ...trained, bytesSentByKilled, participants: tally.participants }
}

/** Digits that no other peer has: the one who joins has those of the first. */
function ownDigits(peer: number, peers: number): number[] {
  if (peer === 0 || peers > CLASSES) return []
  return Array.from({ length: CLASSES }, (_, digit) => digit).filter(
    (digit) => digit % peers === peer
  )
}
