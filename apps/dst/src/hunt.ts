import { mutate, StaleMutantError, type Mutant } from './mutation.ts'
import { runJobs, WatchdogError, type Failure } from './pool.ts'

/** Seeds within which every mutant has to be caught. */
const SEEDS = 2_000

/** Seeds a thread plays before it looks whether another has caught the mutant. */
const BATCH = 25

/** What became of a mutant. */
export interface Catch {
  readonly mutant: Mutant
  /** `undefined` if it got away. */
  readonly failure: Failure | undefined
  /** Seeds played. */
  readonly played: number
  /** Why it could not be hunted. */
  readonly problem: string | undefined
}

/** Plays seeds against a mutant until one breaks a promise. */
export async function hunt(
  mutant: Mutant,
  options: { readonly workers: number; readonly origin?: string | undefined }
): Promise<Catch> {
  let failure: Failure | undefined
  let played = 0
  function* batches(): Generator<number[]> {
    for (let from = 0; from < SEEDS; from += BATCH) {
      yield Array.from({ length: BATCH }, (_, i) => from + i)
    }
  }
  try {
    using copy = mutate(mutant, options.origin)
    await runJobs(batches(), {
      protocolFolder: copy.folder,
      workers: options.workers,
      stopAtFailure: true,
      onVerdict(verdict) {
        const [first] = verdict.failures
        played += verdict.played
        if (first !== undefined && (failure?.scenario.seed ?? Infinity) > first.scenario.seed) {
          failure = first
        }
        return failure === undefined
      }
    })
    return { mutant, failure, played, problem: undefined }
  } catch (error) {
    const problem =
      error instanceof StaleMutantError || error instanceof WatchdogError
        ? error.message
        : `its sources do not load: ${String(error)}`
    return { mutant, failure, played, problem }
  }
}

/** Hunts mutants one after the other and prints what came of it; `true` if all were caught. */
export async function huntAll(
  mutants: readonly Mutant[],
  options: { readonly workers: number; readonly origin?: string | undefined }
): Promise<boolean> {
  const width = Math.max(...mutants.map(({ name }) => name.length))
  let caught = 0
  for (const mutant of mutants) {
    const { failure, played, problem } = await hunt(mutant, options)
    const name = mutant.name.padEnd(width)
    if (problem !== undefined) {
      console.log(`${name}  BROKEN    ${problem}`)
    } else if (failure === undefined) {
      console.log(`${name}  SURVIVED  ${played} seeds: ${mutant.why}`)
    } else {
      caught++
      const { scenario, invariant, message } = failure
      const seed = String(scenario.seed).padStart(5)
      console.log(`${name}  caught at seed ${seed} by ${invariant}: ${message.slice(0, 160)}`)
    }
  }
  console.log(`\n${caught} of ${mutants.length} mutants caught`)
  return caught === mutants.length
}
