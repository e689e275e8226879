import { generateScenario, type GenerateOptions } from './generate/rounds.ts'
import type { Scenario } from './scenario.ts'
import { generateStateScenario } from './generate/states.ts'

/** What scenarios are about: rounds alone, or a state that evolves by them. */
export type Profile = 'rounds' | 'state'

/** The scenario of a seed. */
export function drawScenario(profile: Profile, seed: number, options: GenerateOptions): Scenario {
  return profile === 'state'
    ? generateStateScenario(seed, options)
    : generateScenario(seed, options)
}

/** Whether a scenario could be one of a profile's. */
export function isOf(profile: Profile, { state }: Scenario): boolean {
  return (state === undefined) === (profile === 'rounds')
}
