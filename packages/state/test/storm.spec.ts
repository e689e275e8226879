import { describe, expect, it } from 'vitest'
import { seeded } from './seeded.ts'
import {
  applyTo,
  deltaOf,
  inSwarm,
  LINEAGE,
  type Member,
  replayOn,
  sleep,
  type StateSwarm
} from './state-swarm.ts'

const SEEDS = Array.from({ length: 20 }, (_, i) => 5000 + i)
const LENGTH = 16 * 1024
const ROUNDS = 40

type Fault = (swarm: StateSwarm, bad: Member, next: () => number) => void

/** What a minority of the donors does, from some moment on. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'serves wrong blocks': ({ net }, { peer }, next) => {
    net.tamper(peer.id, 'joiner', '/daa/state/', (frame) => {
      const at = Math.floor(next() * frame.length)
      if (frame.length > 900) frame[at] = (frame[at] ?? 0) ^ 4
      return frame
    })
  },
  'says nothing any more': ({ net }, { peer }) => {
    net.tamper(peer.id, 'joiner', '/daa/state/', () => undefined)
  },
  'loses every fifth answer': ({ net }, { peer }, next) => {
    net.tamper(peer.id, 'joiner', '/daa/state/', (frame) => (next() < 0.2 ? undefined : frame))
  },
  freezes: (_, { peer }) => peer.freeze(),
  crashes: (_, { peer }) => peer.crash(),
  'loses its connections': ({ net }, { peer }) => net.resetLink(peer.id, 'joiner'),
  'has another state': (_, { tensors }) => void tensors.weights.fill(7),
  'has another lineage': ({ ids }, { state }) => {
    if (state.revision !== undefined) state.declare({ lineage: 'made up', sequence: 3 }, ids)
  },
  'claims to be far ahead': ({ ids }, { state }) => {
    if (state.revision !== undefined) state.declare({ lineage: LINEAGE, sequence: 1e12 }, ids)
  }
}

/** The state at a revision. */
function stateAt(sequence: number): Member['tensors'] {
  const tensors = { weights: deltaOf(1000, LENGTH), step: new Int32Array(1) }
  for (let round = 7; round < sequence; round++) applyTo(tensors, deltaOf(round, LENGTH))
  return tensors
}

describe('a joiner of a run with five donors, of which two are bad', () => {
  it.each(SEEDS)('ends with the state that the others have (seed %i)', async (seed) => {
    const next = seeded(seed)
    const blockLength = [1024, 4096, 64 * 1024][Math.floor(next() * 3)] ?? 1024
    const latencyMs = { min: 1, max: 1 + next() * 40 }
    const init = {
      seed,
      size: 5,
      length: LENGTH,
      latencyMs,
      bandwidth: 20e6,
      state: { blockLength }
    }
    await inSwarm(init, async (swarm) => {
      const { veterans, add, round } = swarm
      const joiner = await add('joiner')
      const faults = Object.entries(FAULTS)
      const afflictions = veterans.slice(3).map(async (bad) => {
        const [, apply] = faults[Math.floor(next() * faults.length)] ?? []
        await sleep(joiner, next() * 400)
        apply?.(swarm, bad, next)
      })
      const everyMs = 10 + next() * 100
      const training = veterans.map(async (member, i) => {
        for (let sequence = 7; sequence < 7 + ROUNDS; sequence++) {
          await sleep(i < 3 ? member : joiner, everyMs)
          // a bad one may not be able to, or be somewhere else
          if (i < 3) await round(member, sequence)
          else await round(member, sequence).catch(() => undefined)
        }
      })
      await catchUp(joiner)
      const { revision } = joiner.state
      expect(joiner.tensors).toEqual(stateAt(revision?.sequence ?? 0))
      await Promise.all([...training.slice(0, 3), ...afflictions])
      const until = { lineage: LINEAGE, sequence: 7 + ROUNDS }
      await joiner.state.catchUp({ until, apply: replayOn(joiner) })
      expect(joiner.state.revision).toEqual(until)
      expect(joiner.tensors).toEqual(stateAt(until.sequence))
      // only bad ones were dropped
      const bad = veterans.slice(3).map(({ peer }) => peer.id)
      for (const { peer } of joiner.dropped) expect(bad).toContain(peer)
    })
  })
})

/** Where a call is given up for lack of donors, the next goes on. */
async function catchUp(joiner: Member): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await joiner.state.catchUp({ apply: replayOn(joiner) })
      return
    } catch (error) {
      if (tries === 3) throw error
    }
  }
}
