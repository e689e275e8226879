import { describe, expect, it } from 'vitest'
import { createDice } from '../src/dice.ts'
import { createFaultPlan } from '../src/faults.ts'
import { parseFlags } from '../src/flags.ts'
import { generateScenario } from '../src/generate.ts'
import { mutate } from '../src/mutation.ts'
import { MUTANTS } from '../src/mutants/index.ts'
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
    const vote = { type: 'vote', phase: 'sent', from: 0, to: 1 } as const
    expect(plan.see(vote)).toEqual([])
    expect(plan.see({ ...vote, phase: 'received' })).toEqual([])
    expect(plan.see({ ...vote, type: 'propose' })).toEqual([])
    expect(plan.waiting).toBe(true)
    expect(plan.see(vote)).toEqual([{ fault, delayMs: 0 }])
    expect(plan.waiting).toBe(false)
    expect(plan.see(vote)).toEqual([])
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
  })

  it('that look for what is not there are refused', () => {
    const edits = [{ file: 'live-run.ts', find: 'no such text', replace: '' }]
    expect(() => mutate({ name: 'stale', why: '', edits })).toThrow('mutant stale')
  })

  it('are noticed', { timeout: 60_000 }, async () => {
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
