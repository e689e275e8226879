import { createCodecs } from './codecs.ts'
import { createCounters } from './counters.ts'
import { loadProtocol } from './protocol.ts'
import { drawScenario } from './profile.ts'
import type { Job, Setup, Verdict, Word } from './pool.ts'
import { simulate, type Stagehands } from './play/simulate.ts'

const [setup = '{}'] = process.argv.slice(2)
const { protocolFolder, stateFolder, profile = 'rounds', size } = JSON.parse(setup) as Setup
const stagehands: Stagehands = {
  protocol: await loadProtocol(protocolFolder, stateFolder),
  codecs: await createCodecs()
}
const { messageTypes } = stagehands.protocol

// most errors of a simulation are part of the game; where they came from takes time to find out
Error.stackTraceLimit = 0

function say(word: Word): void {
  process.send?.(word)
}

async function work(job: Job): Promise<Verdict> {
  const counters = createCounters()
  const failures: Verdict['failures'][number][] = []
  let events = 0
  for (const item of job.items) {
    const scenario =
      typeof item === 'number' ? drawScenario(profile, item, { size, messageTypes }) : item
    say({ type: 'playing', scenario })
    const outcome = await simulate(scenario, stagehands)
    counters.merge(outcome.counters.entries())
    events += outcome.events
    if (outcome.violation === undefined) continue
    const { invariant, message } = outcome.violation
    failures.push({ scenario, invariant, message })
    if (job.stopAtFailure) break
  }
  return { counters: counters.entries(), failures, events, played: job.items.length }
}

process.on('message', (job: Job) => {
  work(job).then(
    (verdict) => say({ type: 'verdict', verdict }),
    // what goes wrong outside a scenario is a mistake of the tester's
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    }
  )
})
say({ type: 'ready' })
