import { readdirSync, readFileSync } from 'node:fs'
import type { Scenario } from './scenario.ts'

/** A scenario that once broke a promise. */
export interface Regression {
  /** What was wrong. */
  readonly reason: string
  readonly scenario: Scenario
}

const FOLDER = new URL('../regressions/', import.meta.url)

/** Played before anything else; scenarios in full, since what a seed stands for changes with the generator. */
export const REGRESSIONS: readonly Regression[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Regression)
