import { describe, expect, it } from 'vitest'
import { createCounters } from '../src/counters.ts'
import { runJobs, type Failure } from '../src/pool.ts'
import { drawScenario } from '../src/profile.ts'
import { loadProtocol } from '../src/protocol.ts'
import { REGRESSIONS } from '../src/regressions.ts'
import type { Scenario } from '../src/scenario.ts'

/** Seeds of each run of the tests: what some twenty seconds allow. `npm run dst` plays more. */
const SEEDS = 300

/** As many of a state's, which take several times as long each. */
const STATE_SEEDS = 200

async function expectToHold(items: readonly (number | Scenario)[]): Promise<void> {
  const failures: Failure[] = []
  const counters = createCounters()
  await runJobs([items], {
    workers: 1,
    onVerdict(verdict) {
      failures.push(...verdict.failures)
      counters.merge(verdict.counters)
      return true
    }
  })
  const broken = failures.map(
    ({ scenario, invariant, message }) => `seed ${scenario.seed}: ${invariant}: ${message}`
  )
  expect(broken).toEqual([])
  const played = new Map(counters.entries()).get('scenarios: played')
  expect(played).toBe(items.length)
}

describe('the promises of a round', () => {
  it.skipIf(REGRESSIONS.length === 0)('hold where they once did not', async () => {
    await expectToHold(REGRESSIONS.map(({ scenario }) => scenario))
  })

  it(`hold in ${SEEDS} scenarios of faults`, { timeout: 180_000 }, async () => {
    await expectToHold(Array.from({ length: SEEDS }, (_, seed) => seed))
  })
})

describe('the promises of a state', () => {
  it(`hold in ${STATE_SEEDS} scenarios of joiners and forks`, { timeout: 180_000 }, async () => {
    const { messageTypes } = await loadProtocol(undefined)
    await expectToHold(
      Array.from({ length: STATE_SEEDS }, (_, i) => drawScenario('state', 1 + i, { messageTypes }))
    )
  })
})
