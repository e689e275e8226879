import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createDecisions } from '../src/play/decisions.ts'
import { createLastVotes } from '../src/play/last-votes.ts'
import { createDice } from '../src/generate/dice.ts'
import { createFaultPlan } from '../src/play/faults.ts'
import type { Life } from '../src/play/stage.ts'
import { parseFlags } from '../src/flags.ts'
import { generateScenario } from '../src/generate/rounds.ts'
import { mutate, STATE_FOLDER } from '../src/mutation.ts'
import { MUTANTS, STATE_MUTANTS } from '../src/mutants/index.ts'
import { runJobs, type Failure } from '../src/pool.ts'

const messageTypes = ['vote', 'propose']

describe('a scenario', () => {
  it('is the same for the same seed, survives JSON, and differs between seeds', () => {
    const scenario = generateScenario(7, { messageTypes })
    expect(generateScenario(7, { messageTypes })).toEqual(scenario)
    expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario)
    expect(generateScenario(8, { messageTypes })).not.toEqual({ ...scenario, seed: 8 })
  })

  it('has as many peers as are asked for, and names only peers that exist', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { peers, faults } = generateScenario(seed, { size: 5, messageTypes })
      expect(peers.length).toBe(5)
      for (const { victim } of faults)
        if (typeof victim === 'number') expect(victim).toBeLessThan(5)
    }
  })
})

describe('dice', () => {
  it('keep to their bounds', () => {
    const dice = createDice('bounds')
    for (let i = 0; i < 1_000; i++) {
      expect([2, 3, 4]).toContain(dice.whole(2, 4))
      const scaled = dice.scale(0.1, 10)
      expect(scaled >= 0.1 && scaled <= 10).toBe(true)
    }
    expect(dice.weighted([[0, 'never'] as const, [1, 'always'] as const])).toBe('always')
    expect(() => dice.pick([])).toThrow(RangeError)
  })
})

describe('a plan of faults', () => {
  it('brings a fault with the message it is for, once', () => {
    const when = { message: 'vote', nth: 2, phase: 'sent', delayMs: 0 } as const
    const fault = { kind: 'crash', when, victim: 'sender' } as const
    const plan = createFaultPlan([fault])
    expect(plan.see('vote', 'sent')).toEqual([])
    expect(plan.see('vote', 'received')).toEqual([])
    expect(plan.see('propose', 'sent')).toEqual([])
    expect(plan.waiting).toBe(true)
    expect(plan.see('vote', 'sent')).toEqual([{ fault, delayMs: 0 }])
    expect(plan.waiting).toBe(false)
    expect(plan.see('vote', 'sent')).toEqual([])
  })
})

describe('last votes', () => {
  const configuration = {
    lineage: 'a',
    members: ['p0', 'p1', 'p2'] as PeerId[],
    sequence: 0,
    attempt: 0
  }
  /** What everybody votes for in round 5, by peer; a number is one nobody hears. */
  const areUnclear = (
    votes: readonly (number | string)[],
    alive: readonly number[],
    back = false
  ): boolean => {
    const lastVotes = createLastVotes({
      isVote: ([tag]) => tag === 1,
      vote: ([, sequence = 0, result = 0]) => ({
        ...{ sequence, attempt: 0, ballot: 0 },
        result: String(result)
      })
    })
    for (const [index, vote] of votes.entries()) {
      const from = `p${index}` as PeerId
      lastVotes.see('sent', from, Uint8Array.of(1, 5, Number(vote)))
      lastVotes.see('sent', from, Uint8Array.of(2, 6, 9))
      if (typeof vote === 'string')
        lastVotes.see('received', from, Uint8Array.of(1, 5, Number(vote)))
    }
    const lives = votes.map((_, index) => ({
      peer: `p${index}`,
      state: alive.includes(index) ? 'alive' : 'crashed',
      configuration
    }))
    const reborn = { peer: 'p2', state: 'alive', configuration: undefined }
    return lastVotes.areUnclear(
      configuration,
      (back ? [...lives, reborn] : lives) as unknown as Life[]
    )
  }

  it('are unclear when the dead could have made either of two results count', () => {
    expect(areUnclear([1, 2, 3], [0, 1])).toBe(true)
    expect(areUnclear([1, 2, 1], [0, 1])).toBe(true)
  })

  it('are clear when the vote of the dead was heard, and where results are the same', () => {
    expect(areUnclear([1, 2, '3'], [0, 1])).toBe(false)
    expect(areUnclear([1, 2, '2'], [0, 1])).toBe(false)
    expect(areUnclear([1, 1, 3], [0, 1])).toBe(false)
    expect(areUnclear([1, 2, 3], [0, 1, 2])).toBe(false)
  })

  it('are nothing to wait for when the dead has started again', () => {
    expect(areUnclear([1, 2, 3], [0, 1], true)).toBe(false)
  })
})

describe('decisions', () => {
  const decisionOf = (sequence: number): Uint8Array => Uint8Array.of(1, sequence)
  const known = (told: readonly (readonly [peer: string, frame: Uint8Array])[]): number[] => {
    const decisions = createDecisions(
      {
        isDecision: (frame) => frame[0] === 1,
        decided: ([, sequence = 0]) => ({ lineage: 'a', members: [], sequence, attempt: 0 })
      },
      (peer) => peer === 'liar'
    )
    for (const [peer, frame] of told) {
      decisions.hear(peer as PeerId, frame)
      // the network takes its memory back
      frame.fill(0)
    }
    return Array.from(decisions.latest(), ({ sequence }) => sequence)
  }

  it('are the last ones told, whoever tells them and in whatever order', () => {
    expect(
      known([
        ['p1', decisionOf(1)],
        ['p1', decisionOf(3)],
        ['p2', decisionOf(3)],
        ['p2', decisionOf(2)]
      ])
    ).toEqual([3])
  })

  it('are none by the word of a liar, or by another message', () => {
    expect(
      known([
        ['liar', decisionOf(1)],
        ['p1', Uint8Array.of(2, 1)]
      ])
    ).toEqual([])
  })

  it('are read in time when very many are told', () => {
    const told = Array.from({ length: 1000 }, (_, i) => ['p1', decisionOf(i % 251)] as const)
    expect(known(told)).toEqual([250])
  })
})

describe('flags', () => {
  it('are read, with or without the separator of pnpm', () => {
    expect(parseFlags(['--', '--seeds', '5', '--start', '3'])).toMatchObject({ seeds: 5, start: 3 })
    expect(parseFlags(['--size', '8']).size).toBe(8)
  })

  it.each([['--seeds', '0'], ['--seeds', 'many'], ['--workers', '1.5'], ['--seed=-1']])(
    'refuse %s %s',
    (...args) => {
      expect(() => parseFlags(args)).toThrow(RangeError)
    }
  )

  it('refuse what they do not know', () => {
    expect(() => parseFlags(['--sed', '5'])).toThrow(TypeError)
  })
})

describe('mutants', () => {
  it('apply to the sources as they are', () => {
    for (const mutant of MUTANTS) {
      using copy = mutate(mutant)
      expect(copy.folder).not.toBe('')
    }
    for (const mutant of STATE_MUTANTS) {
      using copy = mutate(mutant, STATE_FOLDER)
      expect(copy.folder).not.toBe('')
    }
  })

  it('that look for what is not there are refused', () => {
    const edits = [{ file: 'live-run.ts', find: 'no such text', replace: '' }]
    expect(() => mutate({ name: 'stale', why: '', edits })).toThrow('mutant stale')
  })

  it('are noticed', async () => {
    const mutant = MUTANTS.find(({ name }) => name === 'skipped undo')
    if (mutant === undefined) throw new Error('there is no such mutant')
    using copy = mutate(mutant)
    const failures: Failure[] = []
    await runJobs([Array.from({ length: 50 }, (_, seed) => seed)], {
      workers: 1,
      protocolFolder: copy.folder,
      stopAtFailure: true,
      onVerdict(verdict) {
        failures.push(...verdict.failures)
        return true
      }
    })
    expect(failures.length).toBe(1)
  })
})
