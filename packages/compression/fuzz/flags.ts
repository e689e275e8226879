import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

/** Cases of a long run: all kinds of faults at all codecs, hundreds of times. */
const DEFAULT_CASES = 1_000_000

const USAGE = 'usage: npm run fuzz -- [--cases N] [--seed S] [--case I] [--workers W]'

/** What is to be played. */
export interface Flags {
  readonly seed: number
  /** The one case to play. */
  readonly only: number | undefined
  readonly cases: number
  readonly workers: number
}

/** Reads the command line; ends the process, with the usage, where that is wrong. */
export function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: {
        cases: { type: 'string', default: String(DEFAULT_CASES) },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        case: { type: 'string' },
        workers: { type: 'string', default: String(availableParallelism()) }
      }
    })
    const only = values.case === undefined ? undefined : integer('case', values.case, 0)
    const cases = only === undefined ? integer('cases', values.cases, 1) : 1
    const workers = Math.min(integer('workers', values.workers, 1), cases)
    return { seed: integer('seed', values.seed, 0), only, cases, workers }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}

function integer(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least && value < 2 ** 31) return value
  throw new RangeError(`--${name} is an integer of ${least} to ${2 ** 31 - 1}, got ${text}`)
}
