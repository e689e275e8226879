import type { Codec } from '@daa-compute/interface'
import { createSimnet, SimnetError } from '@daa-compute/simnet'
import type { CodecName } from '../codecs.ts'
import { createCorrupter, type Corrupter } from './corruption.ts'
import { createCounters, type Counters } from '../counters.ts'
import { createDecisions } from './decisions.ts'
import { createLastVotes, NO_VOTES } from './last-votes.ts'
import { createDice } from '../generate/dice.ts'
import { createActs } from './acts.ts'
import { createFaultPlan } from './faults.ts'
import { createLookout } from './lookout.ts'
import { nameOf } from './names.ts'
import { createStriker } from './striker.ts'
import { createLedger } from '../ledger/ledger.ts'
import { startLife } from './life.ts'
import type { Life, Stage } from './stage.ts'
import type { Protocol } from '../protocol.ts'
import type { PeerScript, Scenario } from '../scenario.ts'
import { createStateLedger } from '../state/state-ledger.ts'
import { Violation } from '../violation.ts'

/** What is needed to play scenarios. */
export interface Stagehands {
  readonly protocol: Protocol
  readonly codecs: ReadonlyMap<CodecName, Codec | undefined>
}

/** What became of a scenario. */
export interface Outcome {
  /** The first promise that was broken. */
  readonly violation: Violation | undefined
  readonly counters: Counters
  /** Events of the simulation, and virtual ms it took. */
  readonly events: number
  readonly virtualMs: number
}

/** ms after the last one has left in which what is on its way arrives. */
const SETTLE_MS = 3_000

/** Events of one scenario: some hundred times what a usual one takes. */
const MAX_EVENTS = 2_000_000

/** Plays one scenario to its end, or to the first broken promise. */
export async function simulate(
  scenario: Scenario,
  { protocol, codecs }: Stagehands,
  trace?: (line: string) => void
): Promise<Outcome> {
  const counters = createCounters()
  const ledger = createLedger(scenario, protocol, counters)
  const plan = createFaultPlan(scenario.faults)
  const stop = new AbortController()
  const net = createSimnet({
    seed: scenario.seed,
    latencyMs: scenario.latencyMs,
    bandwidth: scenario.bandwidth,
    stallTimeoutMs: scenario.stallTimeoutMs,
    openTimeoutMs: scenario.openTimeoutMs,
    maxEvents: MAX_EVENTS
  })
  const { clock } = net
  const directory = net.directory()
  const lives: Life[] = []
  const current = new Map<number, Life>()
  const corrupters = new Map<number, Corrupter>()
  const indices = new Map(scenario.peers.map((_, index) => [nameOf(index), index]))
  const decisions = createDecisions(protocol, (peer) => stage.isLiar(peer))
  const hasBadBytes = scenario.faults.some(({ kind }) => kind === 'bytes')
  const lastVotes = hasBadBytes ? createLastVotes(protocol) : NO_VOTES
  const states = createStateLedger(counters, (peer) => stage.isLiar(peer))
  const sleepers: (() => void)[] = []
  let violation: Violation | undefined

  const stage: Stage = {
    scenario,
    protocol,
    codec: codecs.get(scenario.codec),
    directory,
    ledger,
    states,
    counters,
    get calm() {
      return acts.calm
    },
    get over() {
      return acts.over
    },
    isLiar(peer) {
      const index = indices.get(peer) ?? -1
      return corrupters.has(index) || scenario.state?.liar === index
    },
    onCalm: (wake) => void sleepers.push(wake),
    settled: () => acts.settled(),
    broken,
    note(peer, text) {
      if (trace !== undefined) note(`${peer} ${typeof text === 'string' ? text : text()}`)
    }
  }

  const striker = createStriker({
    ...{ scenario, net, counters, corrupters, note },
    isCalm: () => acts.calm,
    lifeOf: (index) => current.get(index),
    restart: (index, enterLate) => begin(index, 0, enterLate),
    settled: () => acts.settled()
  })

  const acts = createActs({
    ...{ scenario, clock, counters, states, decisions, lastVotes, lives, broken, note },
    isStormy: () => striker.isBusy,
    onCalm() {
      plan.disarm()
      for (const corrupter of corrupters.values()) corrupter.end()
      for (const wake of sleepers.splice(0)) wake()
    }
  })

  function note(text: string): void {
    trace?.(`${clock.now().toFixed(3).padStart(10)} ms  ${text}`)
  }

  function broken(error: unknown): void {
    violation ??=
      error instanceof Violation
        ? error
        : new Violation('tidiness', error instanceof Error ? (error.stack ?? '') : String(error))
    note(`VIOLATION of ${violation.invariant}: ${violation.message}`)
    stop.abort(violation)
  }

  function begin(index: number, joinMs: number, enterLate: boolean): void {
    const sim = net.addPeer(nameOf(index))
    const script = scenario.peers[index] as PeerScript
    const bend = corrupters.get(index)?.bend
    const life = startLife({
      stage,
      sim,
      number: lives.length,
      index,
      script,
      joinMs,
      enterLate,
      bend
    })
    lives.push(life)
    current.set(index, life)
  }

  net.onFrame(
    createLookout({
      ...{ protocol, plan, striker, decisions, lastVotes, indices, broken },
      states: scenario.state && states,
      trace: trace && note
    })
  )

  function main(): Promise<void> {
    for (const { fault, atMs } of plan.timed) {
      striker.later(atMs, () => striker.strike(fault, undefined))
    }
    for (const fault of scenario.faults) {
      if (fault.kind !== 'bytes' || typeof fault.victim !== 'number') continue
      const dice = createDice(`corruption ${scenario.seed}`)
      corrupters.set(
        fault.victim,
        createCorrupter(dice, (kind) => {
          note(`${nameOf(fault.victim as number)} sends bad bytes: ${kind}`)
          counters.add(`bad frames: ${kind}`)
        })
      )
    }
    for (const [index, { joinMs, enterLate }] of scenario.peers.entries()) {
      begin(index, joinMs, enterLate)
    }
    return acts.ended.then(() => {
      if (!scenario.leaves) return undefined
      return new Promise<void>((resolve) => void clock.schedule(SETTLE_MS, resolve))
    })
  }

  const onUnhandled = (error: unknown): void => {
    broken(
      new Violation(
        'tidiness',
        `nobody looked at ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
      )
    )
  }
  process.on('unhandledRejection', onUnhandled)
  try {
    await net.run(main, { signal: stop.signal })
    ledger.finish()
    checkLeftovers(lives)
  } catch (error) {
    if (error instanceof SimnetError)
      broken(new Violation('progress', `${error.message}; ${acts.describeLiving()}`))
    else broken(error)
  } finally {
    process.off('unhandledRejection', onUnhandled)
  }
  const lineages = new Set(Array.from(ledger.rounds.values(), ({ lineage }) => lineage))
  counters.add('scenarios: played')
  if (lineages.size > 1) counters.add('scenarios: with more than one lineage')
  return { violation, counters, events: net.events, virtualMs: clock.now() }
}

function checkLeftovers(lives: readonly Life[]): void {
  for (const life of lives) {
    if (life.state !== 'left') continue
    const left = life.leftovers()
    if (left.length > 0) {
      throw new Violation('tidiness', `${life.peer} has left, but not its ${left.join(', ')}`)
    }
  }
}
