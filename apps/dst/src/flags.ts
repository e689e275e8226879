import { parseArgs } from 'node:util'
import type { Profile } from './profile.ts'

/** What a person asks for on the command line. */
export interface Flags {
  readonly seeds: number
  readonly start: number
  /** One seed alone. */
  readonly seed: number | undefined
  /** A file with one scenario, as a failing seed prints it. */
  readonly scenario: string | undefined
  readonly size: number | undefined
  readonly workers: number
  /** What scenarios are about. */
  readonly profile: Profile
  readonly trace: boolean
  readonly mutants: boolean
  /** Mutants whose name contains this. */
  readonly only: string | undefined
  readonly protocol: string | undefined
  /** Failing seeds after which it stops. */
  readonly failures: number
  readonly help: boolean
}

export const USAGE = `npm run dst -- [options]

  --seeds <n>      seeds to play (default 1000)
  --start <n>      the first of them (default 0)
  --seed <n>       play this one alone, and shrink it if it fails
  --scenario <file> play the scenario in a file, as a failing seed prints it
  --trace          with either: print what happens
  --profile <name> rounds, or state: a model that evolves by them, joiners, forks (default rounds)
  --size <n>       peers of every scenario (default: drawn from 2 to 24)
  --workers <n>    threads (default 1)
  --failures <n>   failing seeds after which to stop (default 10)
  --mutants        test the tester: each mutant has to be caught
  --only <text>    with --mutants: those whose name contains this
  --protocol <dir> package folder of a copy of the protocol to test
`

/** @throws {RangeError} for a number that is none */
export function parseFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      seeds: { type: 'string', default: '1000' },
      start: { type: 'string', default: '0' },
      seed: { type: 'string' },
      scenario: { type: 'string' },
      profile: { type: 'string', default: 'rounds' },
      size: { type: 'string' },
      workers: { type: 'string', default: '1' },
      failures: { type: 'string', default: '10' },
      trace: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      only: { type: 'string' },
      protocol: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  return {
    seeds: whole('seeds', values.seeds, 1),
    start: whole('start', values.start, 0),
    seed: values.seed === undefined ? undefined : whole('seed', values.seed, 0),
    scenario: values.scenario,
    profile: profileOf(values.profile),
    size: values.size === undefined ? undefined : whole('size', values.size, 1),
    workers: whole('workers', values.workers, 1),
    failures: whole('failures', values.failures, 1),
    trace: values.trace,
    mutants: values.mutants,
    only: values.only,
    protocol: values.protocol,
    help: values.help
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`--${name} takes a whole number of at least ${least}, not ${text}`)
  }
  return value
}

function profileOf(name: string): Profile {
  if (name === 'rounds' || name === 'state') return name
  throw new RangeError(`--profile takes rounds or state, not ${name}`)
}
