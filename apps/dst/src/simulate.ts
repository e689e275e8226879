import type { Codec, PeerId } from '@daa-compute/interface'
import { createSimnet, SimnetError, type FrameEvent } from '@daa-compute/simnet'
import type { CodecName } from './codecs.ts'
import { createCorrupter, type Corrupter } from './corruption.ts'
import { createCounters, type Counters } from './counters.ts'
import { createDecisions } from './decisions.ts'
import { createDice } from './dice.ts'
import { createFaultPlan, describeFault, resolveVictim, type Sighting } from './faults.ts'
import { createLedger } from './ledger/ledger.ts'
import { startLife, type Life, type Stage } from './life.ts'
import { hasBrokenWithLiar, isProgressOwed } from './progress.ts'
import type { Protocol } from './protocol.ts'
import type { Fault, PeerScript, Scenario } from './scenario.ts'
import { createStateLedger } from './state/state-ledger.ts'
import { Violation } from './violation.ts'
import { createWeather, type End } from './weather.ts'

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

/** Least ms of good weather after which a quorum has its rounds, and every call has settled. */
const PROGRESS_MS = 90_000

/** Least ms after which everybody has left. */
const LEAVE_MS = 60_000

/** ms after the last one has left in which what is on its way arrives. */
const SETTLE_MS = 3_000

/** Events of one scenario: some hundred times what a usual one takes. */
const MAX_EVENTS = 2_000_000

/** A freeze of this many ms has no end: the process is as good as dead, but nobody is told. */
const FOREVER_MS = 1e9

/** How the names of shared state's protocols begin. */
const STATE = '/daa/state/'

/** How the names of control protocols begin; others carry values. */
const CONTROL = '/daa/allreduce/control/'

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
  // who is alone waits for others as long as it was told to, and may just have begun to
  const progressMs = Math.max(PROGRESS_MS, 2.5 * scenario.formTimeoutMs)
  const leaveMs = Math.max(LEAVE_MS, 2 * scenario.formTimeoutMs)
  const directory = net.directory()
  const lives: Life[] = []
  const current = new Map<number, Life>()
  const corrupters = new Map<number, Corrupter>()
  const indices = new Map(scenario.peers.map((_, index) => [nameOf(index), index]))
  const weather = createWeather(net)
  const decisions = createDecisions(protocol, (peer) => stage.isLiar(peer))
  const states = createStateLedger(counters, (peer) => stage.isLiar(peer))
  const sleepers: (() => void)[] = []
  let violation: Violation | undefined
  let calm = false
  let over = false
  /** Faults that go on, or are about to come by the clock. */
  let ongoing = 0
  const ended = Promise.withResolvers<void>()

  const stage: Stage = {
    scenario,
    protocol,
    codec: codecs.get(scenario.codec),
    directory,
    ledger,
    states,
    counters,
    get calm() {
      return calm
    },
    get over() {
      return over
    },
    isLiar(peer) {
      const index = indices.get(peer) ?? -1
      return corrupters.has(index) || scenario.state?.liar === index
    },
    onCalm: (wake) => void sleepers.push(wake),
    settled,
    broken,
    note(peer, text) {
      if (trace !== undefined) note(`${peer} ${typeof text === 'string' ? text : text()}`)
    }
  }

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

  function settled(): void {
    if (!calm) becomeCalm()
    else if (!over) becomeOver()
    if (over && lives.every(({ state }) => state !== 'alive')) ended.resolve()
  }

  function becomeCalm(): void {
    if (ongoing > 0) return
    const living = lives.filter(({ state }) => state === 'alive')
    const most = Math.max(0, ...living.map(({ settledCalls }) => settledCalls))
    if (living.length > 0 && most < scenario.calls) return
    plan.disarm()
    for (const corrupter of corrupters.values()) corrupter.end()
    calm = true
    note('calm')
    for (const wake of sleepers.splice(0)) wake()
    clock.schedule(progressMs, () => {
      if (!over)
        broken(
          new Violation('progress', `${progressMs} ms after the last fault: ${describeLiving()}`)
        )
    })
    becomeOver()
  }

  function becomeOver(): void {
    const honest = lives.filter(({ state, liar }) => state === 'alive' && !liar)
    const served = honest.every((life) => life.resolvedInCalm > 0 || hasBrokenWithLiar(life, lives))
    if (!served) {
      if (honest.some(({ settledInCalm }) => settledInCalm === 0)) return
      const hasState = scenario.state === undefined || !states.isStateLost()
      if (hasState && isProgressOwed(scenario, lives, decisions.latest())) return
      counters.add('scenarios: that owed no further round')
    } else {
      counters.add('scenarios: in which all who lived were served')
    }
    over = true
    note('over')
    if (!scenario.leaves) {
      ended.resolve()
      return
    }
    // who only thinks is not kept waiting for
    clock.schedule(leaveMs, () => {
      broken(new Violation('progress', `${leaveMs} ms after the end: ${describeLiving()}`))
    })
  }

  /** Who still does what. */
  function describeLiving(): string {
    const lines = lives
      .filter((life) => life.state === 'alive')
      .map(({ peer, run, call, settledInCalm, resolvedInCalm }) => {
        const since = call === undefined ? 'idle' : `in a call since ${call.startMs.toFixed(1)} ms`
        const done = `${settledInCalm} settled, ${resolvedInCalm} resolved since`
        return `${peer} is ${since} (${done}): ${run?.explain().summary}`
      })
    return lines.join('; ')
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

  /** Makes a fault happen; what it calls off later counts as ongoing until then. */
  function strike(fault: Fault, sighting: Sighting | undefined): void {
    const named = fault.kind === 'cut' || fault.kind === 'flap' ? fault.to : undefined
    const { victim, other } = resolveVictim(fault.victim, sighting, named)
    const life = current.get(victim)
    if (calm || life === undefined || life.state !== 'alive') {
      counters.add(`faults that hit nobody: ${fault.kind}`)
      return
    }
    note(`${life.peer}: ${describeFault(fault)}`)
    const hit = apply(fault, life, victim, other)
    counters.add(hit ? `faults: ${fault.kind}` : `faults that hit nobody: ${fault.kind}`)
    if (!hit || !('message' in fault.when)) return
    const { message, phase } = fault.when
    const role =
      sighting === undefined
        ? ''
        : victim === sighting.from
          ? 'sender'
          : victim === sighting.to
            ? 'receiver'
            : 'bystander'
    if (fault.kind === 'crash' || fault.kind === 'restart') {
      counters.add(`deaths: of the ${role} of ${message}, ${phase}`)
    } else if (fault.kind === 'partition' || fault.kind === 'cut') {
      counters.add(`partitions: at ${message}, ${phase}`)
    }
  }

  function apply(fault: Fault, life: Life, victim: number, other: number | undefined): boolean {
    switch (fault.kind) {
      case 'crash':
        life.crash()
        settled()
        return true
      case 'restart':
        life.crash()
        last(fault.downMs, () => begin(victim, 0, fault.enterLate))
        return true
      case 'leave':
        life.leave()
        return true
      case 'abort':
        return life.abort()
      case 'freeze':
        if (fault.forMs < FOREVER_MS) return during(fault.forMs, weather.freeze(life.sim))
        life.stop()
        settled()
        return true
      case 'slow':
        return during(fault.forMs, weather.slow(life.sim, fault.factor))
      case 'partition': {
        const side = new Set([...fault.side, victim])
        const inside = scenario.peers.flatMap((_, i) => (side.has(i) ? [nameOf(i)] : []))
        const outside = scenario.peers.flatMap((_, i) => (side.has(i) ? [] : [nameOf(i)]))
        if (outside.length === 0) return false
        return during(fault.forMs, weather.part(inside, outside))
      }
      case 'cut':
        if (other === undefined || other === victim) return false
        return during(fault.forMs, weather.cut(life.peer, nameOf(other)))
      case 'flap':
        if (other === undefined || other === victim) return false
        net.resetLink(life.peer, nameOf(other))
        return true
      case 'bytes':
        corrupters.get(victim)?.begin(fault)
        return true
    }
  }

  function during(forMs: number, end: End): boolean {
    last(forMs, end)
    return true
  }

  /** Does something later; until then it is not calm. */
  function last(ms: number, action: () => void): void {
    ongoing++
    clock.schedule(ms, () => {
      ongoing--
      action()
      settled()
    })
  }

  function lookAtStates(): void {
    try {
      states.look()
    } catch (error) {
      broken(error)
    }
  }

  const awaited = {
    sent: (type: string): boolean => plan.awaits(type, 'sent'),
    received: (type: string): boolean => plan.awaits(type, 'received')
  }

  function onFrame({ from, to, protocol: name, frame, phase }: FrameEvent): void {
    if (scenario.state !== undefined) lookAtStates()
    const isControl = name.startsWith(CONTROL)
    if (isControl && phase === 'sent') decisions.hear(from, frame)
    if (!plan.waiting && trace === undefined) return
    const type = isControl
      ? protocol.typeOf(frame, trace === undefined ? awaited[phase] : undefined)
      : name.startsWith(STATE)
        ? 'state'
        : 'data'
    if (type === undefined || (trace === undefined && !plan.awaits(type, phase))) return
    // not every message is worth a line that nobody reads
    if (isControl && trace !== undefined) {
      note(`${from} → ${to} ${type} ${phase}, ${frame.length} B`)
    }
    const fromIndex = indices.get(from)
    const toIndex = indices.get(to)
    if (fromIndex === undefined || toIndex === undefined) return
    for (const { fault, delayMs } of plan.see(type, phase)) {
      const sighting = { type, phase, from: fromIndex, to: toIndex }
      if (delayMs > 0) last(delayMs, () => strike(fault, sighting))
      else strike(fault, sighting)
    }
  }
  net.onFrame(onFrame)

  function main(): Promise<void> {
    for (const { fault, atMs } of plan.timed) last(atMs, () => strike(fault, undefined))
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
    return ended.promise.then(() => {
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
      broken(new Violation('progress', `${error.message}; ${describeLiving()}`))
    else broken(error)
  } finally {
    process.off('unhandledRejection', onUnhandled)
  }
  const lineages = new Set(Array.from(ledger.rounds.values(), ({ lineage }) => lineage))
  counters.add('scenarios: played')
  if (lineages.size > 1) counters.add('scenarios: with more than one lineage')
  return { violation, counters, events: net.events, virtualMs: clock.now() }
}

function nameOf(index: number): PeerId {
  return `p${String(index).padStart(2, '0')}` as PeerId
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
