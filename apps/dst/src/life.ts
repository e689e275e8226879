import type { Run, RunInit } from '@daa-compute/allreduce'
import type { Codec, Connector, PeerId } from '@daa-compute/interface'
import type { SimDirectory, SimPeer } from '@daa-compute/simnet'
import type { Counters } from './counters.ts'
import { createCountingClock } from './counting-clock.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Call, Session, Voice } from './ledger/records.ts'
import type { Protocol } from './protocol.ts'
import { quickHasher } from './quick-hasher.ts'
import { createQuickSigner, quickVerifier } from './quick-signer.ts'
import { RULES } from './rules.ts'
import type { PeerScript, Scenario } from './scenario.ts'
import type { StateLedger } from './state/state-ledger.ts'
import { createStepper, type Stepper } from './state/stepper.ts'
import { Violation } from './violation.ts'
import { createWatchedConnector, type Bend } from './watched-connector.ts'

/** What all lives of a scenario share. */
export interface Stage {
  readonly scenario: Scenario
  readonly protocol: Protocol
  readonly codec: Codec | undefined
  readonly directory: SimDirectory
  readonly ledger: Ledger
  readonly states: StateLedger
  readonly counters: Counters
  /** No fault is left: from here on things have to get better. */
  readonly calm: boolean
  /** Everybody is to leave. */
  readonly over: boolean
  /** Calls back when it becomes calm. */
  onCalm(wake: () => void): void
  /** A call has settled. */
  settled(): void
  /** Whether a peer sends bad bytes. */
  isLiar(peer: PeerId): boolean
  /** A promise was broken. */
  broken(error: unknown): void
  /** Something that a trace shows; made only if there is one where it takes time to make. */
  note(peer: PeerId, text: string | (() => string)): void
}

/** One process life of a peer. */
export interface Life extends Voice {
  /** Of the peer, in the scenario. */
  readonly index: number
  readonly sim: SimPeer
  readonly state: 'alive' | 'crashed' | 'left'
  /** The call that waits, if one does. */
  readonly call: { readonly startMs: number } | undefined
  readonly run: Run | undefined
  /** The configuration it is in, as far as it has said. */
  readonly configuration: Configuration | undefined
  /** Calls that have settled. */
  readonly settledCalls: number
  /** Calls that began after the faults, and settled, or resolved. */
  readonly settledInCalm: number
  readonly resolvedInCalm: number
  /** Ends the process where it stands. */
  crash(): void
  /** Stops the process for good, without a sign to anybody. */
  stop(): void
  /** Leaves politely, in the middle of a call if there is one. */
  leave(): void
  /** Aborts the call that waits; `false` if there is none. */
  abort(): boolean
  /** Timers and channels that are still there. */
  leftovers(): string[]
}

/** Who is to take part in the next round, as a run tells. */
export interface Configuration {
  readonly lineage: string
  readonly members: readonly PeerId[]
  /** Which of the lineage, in their order. */
  readonly sequence: number
  readonly attempt: number
}

export interface LifeInit {
  readonly stage: Stage
  readonly sim: SimPeer
  readonly number: number
  readonly index: number
  readonly script: PeerScript
  readonly joinMs: number
  readonly enterLate: boolean
  /** What it does to its frames, if it is the one with bad bytes. */
  readonly bend?: Bend | undefined
}

/** ms a peer whose call was rejected waits before the next, at most. */
const PAUSE_MS = 100

/** ms between two calls of which the first took no time. */
const LEAST_PAUSE_MS = 25

/** Largest magnitude of a value; whole numbers up to here have exact sums. */
const LARGEST_VALUE = 50

export function startLife(init: LifeInit): Life {
  const { stage, sim, script, index } = init
  const { scenario, protocol, ledger, counters } = stage
  const { spareCalls = Infinity } = scenario
  const { random } = sim
  const clock = createCountingClock(sim.clock)
  const connector = createWatchedConnector(sim.connector, init.bend)
  let state: Life['state'] = 'alive'
  let leaving = false
  let run: Run | undefined
  let call: { readonly startMs: number } | undefined
  let configuration: Configuration | undefined
  let current: Session | undefined
  let controller = new AbortController()
  let settledCalls = 0
  let settledInCalm = 0
  let resolvedInCalm = 0

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void sim.clock.schedule(ms, resolve))
  }

  /** Waits until the faults are over; not for ever, because a fault may be waiting for messages. */
  function untilCalm(): Promise<void> {
    return new Promise((resolve) => {
      sim.clock.schedule(2 * scenario.patienceMs, resolve)
      stage.onCalm(() => void sim.clock.schedule(0, resolve))
    })
  }

  const life: Life = {
    peer: sim.id,
    number: init.number,
    liar: init.bend !== undefined || scenario.state?.liar === index,
    index,
    sim,
    get state() {
      return state
    },
    get call() {
      return call
    },
    get run() {
      return run
    },
    get configuration() {
      return configuration
    },
    get settledCalls() {
      return settledCalls
    },
    get settledInCalm() {
      return settledInCalm
    },
    get resolvedInCalm() {
      return resolvedInCalm
    },
    crash() {
      if (state === 'alive') state = 'crashed'
      // the dead go on with nothing
      if (current !== undefined) current.open = false
      stage.note(sim.id, 'crashes')
      sim.crash()
    },
    stop() {
      if (state === 'alive') state = 'crashed'
      stage.note(sim.id, 'is stopped')
      sim.freeze()
    },
    leave() {
      leaving = true
      if (current !== undefined) current.open = false
      stage.note(sim.id, 'leaves')
      void run?.leave()
    },
    abort() {
      if (call === undefined || controller.signal.aborted) return false
      stage.note(sim.id, 'aborts its call')
      controller.abort(new Error('given up by the tester'))
      return true
    },
    leftovers() {
      const timers = clock.pending()
      return [...(timers > 0 ? [`${timers} timers`] : []), ...connector.channels()]
    }
  }

  async function live(): Promise<void> {
    if (init.joinMs > 0) await sleep(init.joinMs)
    for (let enterLate = init.enterLate; !done(); enterLate = true) {
      const again = await joinOnce(enterLate)
      if (!again || done()) break
      await sleep(random.next() * PAUSE_MS)
    }
    state = 'left'
    stage.note(sim.id, 'has left')
    stage.settled()
  }

  function done(): boolean {
    return leaving || stage.over
  }

  /** Joins the run and takes part until it is over; `true` to join once more. */
  async function joinOnce(enterLate: boolean): Promise<boolean> {
    const membership = stage.directory.join(sim)
    const session: Session = {
      enterLate,
      lineage: undefined,
      sequence: -1,
      peer: sim.id,
      configurations: new Map(),
      place: () => ((run?.explain().members.length ?? 0) > 0 ? configuration?.lineage : undefined),
      open: true
    }
    ledger.join(session)
    current = session
    const joined = await protocol.joinRun(runInit(connector, membership, enterLate))
    run = joined
    configuration = undefined
    joined.on('configuration', (next) => {
      configuration = next
      session.configurations.set(next.lineage, next.members)
    })
    joined.on('refused', ({ peer, reason }) => onRefused(peer, reason))
    stage.note(sim.id, `joins${enterLate ? ' late' : ''}`)
    const stepper = scenario.state === undefined ? undefined : await step(joined)
    let again = false
    while (!done()) {
      const startMs = sim.clock.now()
      const code = stepper === undefined ? await callOnce(joined, session) : await stepOnce(stepper)
      if (code === 'BEHIND') {
        again = true
        break
      }
      if (code === 'LEFT') {
        if (!leaving) throw new Violation('nothing lost', `${sim.id} is told LEFT and has not left`)
        break
      }
      // who is alone takes no time; without a pause time would stand still
      const leastMs = sim.clock.now() > startMs ? 0 : LEAST_PAUSE_MS
      const pauseMs = leastMs + random.next() * longestPause(code !== undefined)
      if (!stage.calm && settledCalls >= scenario.calls + spareCalls) await untilCalm()
      else if (pauseMs > 0) await sleep(pauseMs)
    }
    session.open = false
    await stepper?.stop()
    await joined.leave()
    membership.leave()
    return again
  }

  /** ms before the next call, at most. */
  function longestPause(isRejected: boolean): number {
    // while the others wait for the end of a fault, a few rounds show as much as many
    const further = Math.min(settledCalls - scenario.calls, 10)
    if (resolvedInCalm > 0) return Math.min(scenario.patienceMs / 3, 200)
    const slackMs = further > 0 ? Math.min(4 ** further, scenario.patienceMs / 3, 200) : 0
    return Math.max(isRejected ? PAUSE_MS : script.thinkMs, slackMs)
  }

  function runInit(
    via: Connector,
    membership: ReturnType<SimDirectory['join']>,
    enterLate: boolean
  ): RunInit {
    return {
      run: 'dst',
      connector: via,
      directory: membership,
      clock,
      random,
      codec: stage.codec,
      algorithm: scenario.algorithm,
      hasher: quickHasher,
      ...(scenario.signed ? { signer: createQuickSigner(sim.id), verifier: quickVerifier } : {}),
      minPeers: scenario.minPeers,
      patienceMs: scenario.patienceMs,
      formTimeoutMs: scenario.formTimeoutMs,
      suspectAfterMs: scenario.suspectAfterMs,
      quorumLossMs: scenario.quorumLossMs,
      onQuorumLoss: scenario.onQuorumLoss,
      enterLate: enterLate && scenario.state === undefined
    }
  }

  function step(joined: Run): Promise<Stepper> {
    const { peer, liar } = life
    return createStepper({
      ...{ scenario, protocol, run: joined, connector, clock, random },
      ledger: stage.states,
      voice: { peer, liar, isAlive: () => state === 'alive' },
      weight: script.weight,
      isTwisted: scenario.state?.liar === index,
      note: (text) => stage.note(sim.id, text),
      broken: (error) => stage.broken(error)
    })
  }

  /** One step of a model; its error's code, `undefined` when it resolves. */
  async function stepOnce(stepper: Stepper): Promise<string | undefined> {
    controller = new AbortController()
    const inCalm = stage.calm
    call = { startMs: sim.clock.now() }
    counters.add('calls: made')
    try {
      const { code, counted } = await stepper.step(controller.signal)
      if (counted && inCalm) resolvedInCalm++
      return code
    } finally {
      call = undefined
      settledCalls++
      if (inCalm) settledInCalm++
      stage.settled()
    }
  }

  /** One call; its error's code, `undefined` when it resolves. */
  async function callOnce(joined: Run, session: Session): Promise<string | undefined> {
    const values = new Float32Array(scenario.length)
    for (let i = 0; i < values.length; i++) {
      values[i] = Math.floor(random.next() * (2 * LARGEST_VALUE + 1)) - LARGEST_VALUE
    }
    controller = new AbortController()
    const made: Call = {
      voice: life,
      session,
      values,
      contribution: values.slice(),
      weight: script.weight,
      startMs: sim.clock.now(),
      endMs: Infinity,
      signal: controller.signal,
      outcome: 'pending',
      code: undefined,
      settled: undefined,
      round: undefined,
      recovered: false
    }
    const inCalm = stage.calm
    call = made
    stage.note(
      sim.id,
      () => `calls with ${[...values.subarray(0, 3)].join(' ')}${values.length > 3 ? ' …' : ''}`
    )
    ledger.begin(made)
    counters.add('calls: made')
    const { signal } = controller
    try {
      const result = await joined.allReduce(values, {
        weight: script.weight,
        rule: scenario.rule && RULES[scenario.rule],
        signal
      })
      const { sequence, attempt, participants } = result
      stage.note(
        sim.id,
        () => `resolves round ${sequence}, attempt ${attempt}, with ${participants.join(' ')}`
      )
      ledger.resolved(made, result, sim.clock.now())
      if (inCalm) resolvedInCalm++
      return undefined
    } catch (error) {
      if (error instanceof Violation) throw error
      stage.note(sim.id, () => `rejects: ${String(error)}`)
      ledger.rejected(made, error, sim.clock.now())
      return made.code
    } finally {
      call = undefined
      settledCalls++
      if (inCalm) settledInCalm++
      stage.settled()
    }
  }

  function onRefused(peer: PeerId, reason: string): void {
    stage.note(sim.id, `is refused by ${peer}: ${reason}`)
    counters.add('isolation: refusals')
    if (!life.liar && !stage.isLiar(peer)) {
      stage.broken(new Violation('isolation', `${peer} refuses ${sim.id}: ${reason}`))
    }
  }

  live().catch((error: unknown) => stage.broken(error))
  return life
}
