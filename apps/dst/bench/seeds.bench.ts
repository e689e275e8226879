import { suite } from '@daa-compute/bench'
import { createCodecs } from '../src/codecs.ts'
import { simulate, type Stagehands } from '../src/play/simulate.ts'
import { drawScenario } from '../src/profile.ts'
import { loadProtocol } from '../src/protocol.ts'
import type { Scenario } from '../src/scenario.ts'

const PEERS = 8

/** Scenarios of one sample, always the same ones. */
const SEEDS = 60

suite(`scenarios of ${PEERS} peers on one core`, (s) => {
  s.measure('drawn, with their faults', { prepare, run: (hands) => speed(hands, (drawn) => drawn) })
  s.measure('without faults, one call each', { prepare, run: (hands) => speed(hands, calm) })
  s.reference('drawn, with their faults')
})

async function prepare(): Promise<Stagehands> {
  // as in the tester's own workers
  Error.stackTraceLimit = 0
  return { protocol: await loadProtocol(), codecs: await createCodecs() }
}

/** Seeds per second. */
async function speed(
  hands: Stagehands,
  change: (scenario: Scenario) => Scenario
): Promise<{ value: number; unit: string }> {
  const { messageTypes } = hands.protocol
  const startMs = performance.now()
  for (let seed = 0; seed < SEEDS; seed++) {
    const scenario = drawScenario('rounds', seed, { size: PEERS, messageTypes })
    const { violation } = await simulate(change(scenario), hands)
    if (violation !== undefined) throw violation
  }
  return { value: (SEEDS * 1000) / (performance.now() - startMs), unit: 'seeds/s' }
}

function calm(scenario: Scenario): Scenario {
  return { ...scenario, faults: [], calls: 1 }
}
