import { mutate, StaleMutantError, STATE_FOLDER, type Mutant } from './mutation.ts'
import type { Profile } from './profile.ts'
import { runJobs, type Failure } from './pool.ts'

/** Seeds within which every mutant has to be caught. */
const SEEDS = 2_000

/** Seeds a worker plays before it is seen whether one has caught the mutant. */
const BATCH = 25

export interface HuntOptions {
  readonly workers: number
  /** Which scenarios are drawn; with `state`, mutants are of that package. */
  readonly profile: Profile
  /** Package folder of the protocol to mutate; left out for the project's own. */
  readonly origin?: string | undefined
}

/** What became of a mutant. */
interface Catch {
  /** `undefined` if it got away. */
  readonly failure: Failure | undefined
  /** Seeds played. */
  readonly played: number
  /** Why it could not be hunted. */
  readonly problem: string | undefined
}

/** Whether a scenario breaks a promise without any mutant; remembered. */
type Baseline = (failure: Failure) => Promise<boolean>

/** Plays seeds against a mutant until one breaks a promise that the original keeps. */
async function hunt(mutant: Mutant, options: HuntOptions, baseline: Baseline): Promise<Catch> {
  let played = 0
  const failures: Failure[] = []
  function* batches(): Generator<number[]> {
    for (let from = 0; from < SEEDS; from += BATCH) {
      yield Array.from({ length: BATCH }, (_, i) => from + i)
    }
  }
  const queue = batches()
  try {
    const { profile } = options
    const isOfState = profile === 'state'
    using copy = mutate(mutant, options.origin ?? (isOfState ? STATE_FOLDER : undefined))
    const folders = isOfState ? { stateFolder: copy.folder } : { protocolFolder: copy.folder }
    for (;;) {
      await runJobs(queue, {
        ...folders,
        profile,
        workers: options.workers,
        stopAtFailure: true,
        onVerdict(verdict) {
          failures.push(...verdict.failures)
          played += verdict.played
          return verdict.failures.length === 0
        }
      })
      if (failures.length === 0) return { failure: undefined, played, problem: undefined }
      const sorted = failures.splice(0).sort((a, b) => a.scenario.seed - b.scenario.seed)
      for (const failure of sorted) {
        if (!(await baseline(failure))) return { failure, played, problem: undefined }
      }
    }
  } catch (error) {
    const problem =
      error instanceof StaleMutantError
        ? error.message
        : `its sources do not load: ${String(error)}`
    return { failure: undefined, played, problem }
  }
}

/** Hunts mutants one after the other and prints what came of it; `true` if all were caught. */
export async function huntAll(mutants: readonly Mutant[], options: HuntOptions): Promise<boolean> {
  const width = Math.max(...mutants.map(({ name }) => name.length))
  const known = new Map<number, boolean>()
  let caught = 0

  async function baseline({ scenario }: Failure): Promise<boolean> {
    const earlier = known.get(scenario.seed)
    if (earlier !== undefined) return earlier
    let fails = false
    await runJobs([[scenario]], {
      ...(options.profile === 'state'
        ? { stateFolder: options.origin }
        : { protocolFolder: options.origin }),
      workers: 1,
      onVerdict(verdict) {
        fails = verdict.failures.length > 0
        return true
      }
    })
    known.set(scenario.seed, fails)
    return fails
  }

  for (const mutant of mutants) {
    const { failure, played, problem } = await hunt(mutant, options, baseline)
    const name = mutant.name.padEnd(width)
    if (problem !== undefined) {
      console.log(`${name}  BROKEN    ${problem}`)
    } else if (failure === undefined) {
      console.log(`${name}  SURVIVED  ${played} seeds: ${mutant.why}`)
    } else {
      caught++
      const { scenario, invariant, message } = failure
      const seed = String(scenario.seed).padStart(5)
      const [line = ''] = message.split('\n')
      console.log(`${name}  caught at seed ${seed} by ${invariant}: ${line.slice(0, 120)}`)
    }
  }
  const unsound = [...known].filter(([, fails]) => fails).map(([seed]) => seed)
  if (unsound.length > 0) {
    console.log(`\nnot counted, because they fail without a mutant: seeds ${unsound.join(', ')}`)
  }
  console.log(`\n${caught} of ${mutants.length} mutants caught`)
  return caught === mutants.length
}
