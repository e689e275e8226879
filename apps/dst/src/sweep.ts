import { createCounters, formatCounters } from './counters.ts'
import type { Flags } from './flags.ts'
import { runJobs, type Failure } from './pool.ts'
import { isOf } from './profile.ts'
import { REGRESSIONS } from './regressions.ts'
import type { Scenario } from './scenario.ts'

/** Seeds a thread plays before it reports. */
const BATCH = 20

/** ms between two lines of progress. */
const REPORT_EVERY_MS = 5_000

/** Plays many seeds and prints what came of it; `true` if every promise was kept. */
export async function sweep(flags: Flags): Promise<boolean> {
  const { seeds, start, size, workers, protocol, profile } = flags
  const counters = createCounters()
  const failures: Failure[] = []
  const startedAt = performance.now()
  let played = 0
  let events = 0
  let reportAt = startedAt + REPORT_EVERY_MS

  function* batches(): Generator<readonly (number | Scenario)[]> {
    const kept = REGRESSIONS.filter(({ scenario }) => isOf(profile, scenario))
    if (kept.length > 0) yield kept.map(({ scenario }) => scenario)
    for (let from = start; from < start + seeds; from += BATCH) {
      const count = Math.min(BATCH, start + seeds - from)
      yield Array.from({ length: count }, (_, i) => from + i)
    }
  }

  await runJobs(batches(), {
    protocolFolder: protocol,
    profile,
    size,
    workers,
    onVerdict(verdict) {
      counters.merge(verdict.counters)
      played += verdict.played
      events += verdict.events
      for (const failure of verdict.failures) {
        failures.push(failure)
        console.log(describeFailure(failure, flags))
      }
      if (performance.now() >= reportAt) {
        reportAt += REPORT_EVERY_MS
        console.log(summary())
      }
      return failures.length < flags.failures
    }
  })

  function summary(): string {
    const seconds = (performance.now() - startedAt) / 1000
    const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20)
    return (
      `${played.toLocaleString('en')} seeds in ${seconds.toFixed(1)} s, ` +
      `${(played / seconds).toFixed(0)} seeds/s, ` +
      `${Math.round(events / Math.max(1, played))} events per seed, ` +
      `${failures.length} failures, ${megabytes} MB`
    )
  }

  console.log(`\n${formatCounters(counters.entries())}\n\n${summary()}`)
  return failures.length === 0
}

function describeFailure({ scenario, invariant, message }: Failure, flags: Flags): string {
  const size = flags.size === undefined ? '' : ` --size ${flags.size}`
  const profile = flags.profile === 'rounds' ? '' : ` --profile ${flags.profile}`
  return `seed ${scenario.seed} violates ${invariant}: ${message}\n  replay: npm run dst -- --seed ${scenario.seed}${profile}${size} --trace`
}
