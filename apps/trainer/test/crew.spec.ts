import { describe, expect, it } from 'vitest'
import { createCrew, type CrewMember } from '../src/crew.ts'
import type { AloneTask } from '../src/task.ts'
import type { Progress } from '../src/training.ts'
import { isAlive } from './support/processes.ts'

const task: AloneTask = {
  kind: 'alone',
  shard: { index: 0, count: 4 },
  steps: 3,
  batch: 8,
  seed: 1
}

/** More steps than a test has time for. */
const ENDLESS = 1_000_000

/** Resolves when a task that never ends is under way. */
function begin(
  start: (onProgress: (progress: Progress) => void) => CrewMember
): Promise<CrewMember> {
  return new Promise((resolve, reject) => {
    const member = start(() => resolve(member))
    member.report.catch(reject)
  })
}

describe('a crew', () => {
  it('performs a task in another process, with the same bits', async () => {
    await using crew = createCrew()
    const steps: number[] = []
    const first = crew.start('first', task, { onProgress: ({ step }) => steps.push(step) })
    const second = crew.start('second', task)
    expect(first.pid).not.toBe(process.pid)
    const [one, other] = await Promise.all([first.report, second.report])
    expect(one).toMatchObject({ rounds: 3, digits: [0, 4, 8], participants: 1, bytesSent: 0 })
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(other.digest).toBe(one.digest)
    expect(steps).toEqual([1, 2, 3])
  })

  it('says which task failed and why', async () => {
    await using crew = createCrew()
    const broken = crew.start('peer 7', { ...task, shard: { index: 9, count: 4 } })
    await expect(broken.report).rejects.toMatchObject({
      code: 'CHILD_FAILED',
      message: expect.stringMatching(/^peer 7 failed: TrainerError BAD_SHARD: there is no shard 9/)
    })
  })

  it('says which process was killed', async () => {
    await using crew = createCrew()
    const victim = await begin((onProgress) =>
      crew.start('peer 1', { ...task, steps: ENDLESS }, { onProgress })
    )
    process.kill(victim.pid ?? 0, 'SIGKILL')
    const failure = { message: 'peer 1 failed: its process ended by SIGKILL' }
    await expect(victim.report).rejects.toMatchObject(failure)
    await expect(victim.listening).rejects.toMatchObject(failure)
  })

  it('outlives none of its members, whatever they are doing', async () => {
    const crew = createCrew()
    const training = await begin((onProgress) =>
      crew.start('training', { ...task, steps: ENDLESS }, { onProgress })
    )
    const starting = crew.start('starting', task)
    expect([training, starting].map(({ pid = 0 }) => isAlive(pid))).toEqual([true, true])
    await crew.stop()
    expect([training, starting].map(({ pid = 0 }) => isAlive(pid))).toEqual([false, false])
    await expect(training.report).rejects.toMatchObject({
      message: expect.stringMatching(/INTERRUPTED: stopped by SIGTERM/)
    })
    await crew.stop()
  })

  it('ends even a member that is stopped', async () => {
    const crew = createCrew()
    const frozen = await begin((onProgress) =>
      crew.start('frozen', { ...task, steps: ENDLESS }, { onProgress })
    )
    process.kill(frozen.pid ?? 0, 'SIGSTOP')
    await crew.stop()
    expect(isAlive(frozen.pid ?? 0)).toBe(false)
  })
})
