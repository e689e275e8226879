import { describe, expect, it } from 'vitest'
import { DATA_HEADER_LENGTH } from '../src/executor/data-frame.ts'
import { decodeGreeting } from '../src/mesh/greeting.ts'
import type { AllReduceResult, Run } from '../src/index.ts'
import { decodeMessage } from '../src/round/wire/message-codec.ts'
import { CONTROL, DATA } from './hostile-swarm.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { sameBits, valuesOf } from './values.ts'

const LENGTH = 1000

interface Stage {
  readonly swarm: Swarm
  readonly runs: readonly Run[]
  /**
   * The next vote of the last one is lost, or not, and the peer dies soon after it was sent.
   *
   * @returns when it is dead
   */
  lastDiesVoting(isHeard: boolean): Promise<void>
}

/**
 * Three that have had a round. In the next, frames of the first are bad: what it sends
 * is not what it has, and is passed on to the last, so that each has another result.
 */
async function onStage(play: (stage: Stage) => Promise<void>, frames = 4): Promise<void> {
  const swarm = createSwarm(3, { latencyMs: { min: 1, max: 1 } })
  await swarm.net.run(async () => {
    const runs = await swarm.joinAll({ minPeers: 2, algorithm: 'ring', quorumLossMs: 500 })
    await linked(runs)
    await Promise.all(calls(runs))
    const [first = '', ...others] = swarm.peers.map(({ id }) => id)
    let left = frames
    const spoil = (frame: Uint8Array): Uint8Array =>
      isGreeting(frame) || left-- <= 0 ? frame : bent(frame)
    for (const id of others) swarm.net.tamper(first, id, DATA, spoil)
    await play({ swarm, runs, lastDiesVoting: (isHeard) => dieVoting(swarm, isHeard) })
  })
}

function dieVoting({ net, peers }: Swarm, isHeard: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const [last, ...others] = peers.toReversed()
  const die = (): void => {
    last?.crash()
    // the next life speaks for itself
    for (const end of ends) end()
    resolve()
  }
  const ends = others.map(({ id }) =>
    net.tamper(last?.id ?? '', id, CONTROL, (frame) => {
      if (!isVote(frame)) return frame
      // what it has sent before, values among it, arrives in the meantime
      net.clock.schedule(2, die)
      return isHeard ? frame : undefined
    })
  )
  return promise
}

function calls(runs: readonly Run[]): Promise<AllReduceResult>[] {
  return runs.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
}

function bent(frame: Uint8Array): Uint8Array {
  frame[DATA_HEADER_LENGTH] = (frame[DATA_HEADER_LENGTH] ?? 0) ^ 1
  return frame
}

function isGreeting(frame: Uint8Array): boolean {
  try {
    decodeGreeting(frame)
    return true
  } catch {
    return false
  }
}

function isVote(frame: Uint8Array): boolean {
  try {
    return decodeMessage(frame).type === 'vote'
  } catch {
    return false
  }
}

describe('members whose results differ, so that none will do,', () => {
  it('try again at once, all of them', async () => {
    await onStage(async ({ swarm, runs }) => {
      const startMs = swarm.net.clock.now()
      const results = await Promise.all(calls(runs))
      expect(swarm.net.clock.now() - startMs).toBeLessThan(100)
      for (const { attempt, participants, values } of results) {
        expect(attempt).toBeGreaterThan(0)
        expect(participants).toHaveLength(3)
        expect(sameBits(values, results[0]?.values ?? new Float32Array())).toBe(true)
      }
    })
  })

  it('go on without one that has died, when they know what it has voted for', async () => {
    await onStage(async ({ swarm, runs, lastDiesVoting }) => {
      const dead = lastDiesVoting(true)
      const startMs = swarm.net.clock.now()
      const [a, b] = await Promise.all(calls(runs).slice(0, 2))
      await dead
      expect(swarm.net.clock.now() - startMs).toBeLessThan(500)
      expect(a?.participants).toHaveLength(2)
      expect(sameBits(a!.values, b!.values)).toBe(true)
    })
  })

  it('say so in bounded time where only the dead could tell, and go on when it is back', async () => {
    await onStage(async ({ swarm, runs, lastDiesVoting }) => {
      const dead = lastDiesVoting(false)
      const startMs = swarm.net.clock.now()
      const [first, second] = calls(runs)
      await dead
      const values = valuesOf(0, LENGTH)
      for (const outcome of await Promise.allSettled([first, second])) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OUTCOME_UNKNOWN' } })
      }
      expect(swarm.net.clock.now() - startMs).toBeLessThan(3_000)
      const error = await runs[0]!.allReduce(values).catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        code: 'QUORUM_LOST',
        message: expect.stringContaining('only peer-02 can tell')
      })
      expect(sameBits(values, valuesOf(0, LENGTH))).toBe(true)
      const reborn = await swarm.join(swarm.net.addPeer('peer-02'), { minPeers: 2 })
      await linked([runs[0]!, runs[1]!, reborn])
      const results = await Promise.all(calls(runs.slice(0, 2)))
      expect(results[0]?.participants.length).toBeGreaterThanOrEqual(2)
      expect(sameBits(results[0]!.values, results[1]!.values)).toBe(true)
    })
  })

  it('do not try for ever where one always passes on other values, and say what is wrong', async () => {
    await onStage(async ({ swarm, runs }) => {
      const startMs = swarm.net.clock.now()
      const values = runs.map((_, rank) => valuesOf(rank, LENGTH))
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(values[rank] ?? new Float32Array()))
      )
      expect(swarm.net.clock.now() - startMs).toBeLessThan(3_000)
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { code: 'ABORTED', message: expect.stringContaining('results that differ') }
        })
      }
      for (const [rank, own] of values.entries()) {
        expect(sameBits(own, valuesOf(rank, LENGTH))).toBe(true)
      }
    }, Infinity)
  })
})
