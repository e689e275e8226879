import type { Fault, Scenario } from './scenario.ts'
import { simulate, type Outcome, type Stagehands } from './play/simulate.ts'

/**
 * The smallest list of faults, found by leaving out one after the other, with
 * which the scenario still breaks the same promise.
 */
export async function shrink(
  scenario: Scenario,
  stagehands: Stagehands
): Promise<{ readonly scenario: Scenario; readonly outcome: Outcome }> {
  let outcome = await simulate(scenario, stagehands)
  let smallest = scenario
  const invariant = outcome.violation?.invariant

  async function attempt(candidate: Scenario): Promise<boolean> {
    const other = await simulate(candidate, stagehands)
    if (other.violation === undefined || other.violation.invariant !== invariant) return false
    smallest = candidate
    outcome = other
    return true
  }

  for (let again = invariant !== undefined; again;) {
    again = false
    for (let i = smallest.faults.length - 1; i >= 0; i--) {
      const faults: Fault[] = smallest.faults.filter((_, index) => index !== i)
      if (await attempt({ ...smallest, faults })) again = true
    }
  }
  if (invariant !== undefined) {
    for (const simpler of simplifications(smallest)) await attempt({ ...smallest, ...simpler })
  }
  return { scenario: smallest, outcome }
}

/** Changes that make a scenario easier to read, each tried by itself. */
function simplifications(scenario: Scenario): Partial<Scenario>[] {
  const { min } = scenario.latencyMs
  return [
    { codec: 'float32' },
    { algorithm: 'ring' },
    { length: 1 },
    { latencyMs: { min, max: min } },
    { bandwidth: undefined },
    { peers: scenario.peers.map((script) => ({ ...script, joinMs: 0 })) },
    { peers: scenario.peers.map((script) => ({ ...script, weight: 1 })) }
  ]
}
