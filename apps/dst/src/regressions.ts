import type { Scenario } from './scenario.ts'

/** A scenario that once broke a promise. */
export interface Regression {
  /** What was wrong. */
  readonly reason: string
  readonly scenario: Scenario
}

/** Played before anything else; scenarios in full, since what a seed stands for changes with the generator. */
export const REGRESSIONS: readonly Regression[] = []
