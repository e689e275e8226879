import { readFileSync } from 'node:fs'
import { createCodecs } from './codecs.ts'
import { describeFault } from './play/faults.ts'
import { parseFlags, USAGE, type Flags } from './flags.ts'
import { huntAll } from './hunt.ts'
import { MUTANTS, STATE_MUTANTS } from './mutants/index.ts'
import { drawScenario } from './profile.ts'
import { loadProtocol } from './protocol.ts'
import type { Scenario } from './scenario.ts'
import { shrink } from './shrink.ts'
import { simulate, type Stagehands } from './play/simulate.ts'
import { sweep } from './sweep.ts'

/** Plays one scenario, with everything that can be said about it. */
async function inspect(flags: Flags): Promise<boolean> {
  const stagehands: Stagehands = {
    protocol: await loadProtocol(flags.protocol),
    codecs: await createCodecs()
  }
  const { messageTypes } = stagehands.protocol
  const scenario =
    flags.scenario === undefined
      ? drawScenario(flags.profile, flags.seed ?? flags.start, { size: flags.size, messageTypes })
      : (JSON.parse(readFileSync(flags.scenario, 'utf8')) as Scenario)
  const { seed } = scenario
  console.log(describeScenario(scenario))
  const outcome = await simulate(scenario, stagehands, flags.trace ? console.log : undefined)
  if (outcome.violation === undefined) {
    console.log(`seed ${seed} holds`)
    return true
  }
  const smallest = await shrink(scenario, stagehands)
  if (flags.trace) await simulate(smallest.scenario, stagehands, console.log)
  const { invariant, message } = smallest.outcome.violation ?? outcome.violation
  console.log(`\nseed ${seed} violates ${invariant}: ${message}`)
  console.log(`\nso does, smaller:\n${describeScenario(smallest.scenario)}`)
  console.log(`\n${JSON.stringify(smallest.scenario)}`)
  return false
}

function describeScenario(scenario: Scenario): string {
  const { peers, faults, seed, ...rest } = scenario
  const scripts = peers.map(
    ({ joinMs, enterLate, weight, thinkMs }, i) =>
      `  peer ${i} joins at ${joinMs.toFixed(1)} ms${enterLate ? ', late if need be' : ''}, weight ${weight}, thinks up to ${thinkMs.toFixed(1)} ms`
  )
  const what = faults.map((fault) => `  ${describeFault(fault)}`)
  return [`seed ${seed}: ${JSON.stringify(rest)}`, ...scripts, 'faults:', ...what].join('\n')
}

async function main(): Promise<boolean> {
  const flags = parseFlags(process.argv.slice(2))
  if (flags.help) {
    console.log(USAGE)
    return true
  }
  if (flags.mutants) {
    const { only, workers, protocol, profile } = flags
    const all = profile === 'state' ? STATE_MUTANTS : MUTANTS
    const wanted = all.filter(({ name }) => only === undefined || name.includes(only))
    if (wanted.length === 0) throw new RangeError(`no mutant's name contains ${only}`)
    return await huntAll(wanted, { workers, profile, origin: protocol })
  }
  if (flags.seed !== undefined || flags.scenario !== undefined) return await inspect(flags)
  return await sweep(flags)
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  console.error(
    error instanceof RangeError || error instanceof TypeError
      ? `${error.message}\n\n${USAGE}`
      : error
  )
  process.exitCode = 2
}
