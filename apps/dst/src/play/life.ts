import type { Run, RunInit } from '@daa-compute/allreduce'
import type { Connector, PeerId } from '@daa-compute/interface'
import type { SimDirectory, SimPeer } from '@daa-compute/simnet'
import type { Session } from '../ledger/records.ts'
import type { PeerScript } from '../scenario.ts'
import { createStepper, type Stepper } from '../state/stepper.ts'
import { Violation } from '../violation.ts'
import { createCalls } from './calls.ts'
import { createCountingClock } from './counting-clock.ts'
import { quickHasher } from './quick-hasher.ts'
import { createQuickSigner, quickVerifier } from './quick-signer.ts'
import type { Configuration } from '../configuration.ts'
import type { Life, Stage } from './stage.ts'
import { createWatchedConnector, type Bend } from './watched-connector.ts'

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
  const calls = createCalls({ stage, sim, script })
  let configuration: Configuration | undefined
  let current: Session | undefined

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
    calls,
    get state() {
      return state
    },
    get run() {
      return run
    },
    get configuration() {
      return configuration
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
      session.configurations.set(next.lineage, next)
    })
    joined.on('refused', ({ peer, reason }) => onRefused(peer, reason))
    stage.note(sim.id, `joins${enterLate ? ' late' : ''}`)
    const stepper = scenario.state === undefined ? undefined : await step(joined)
    let again = false
    while (!done()) {
      const startMs = sim.clock.now()
      const code = await (stepper === undefined
        ? calls.reduce(joined, life, session)
        : calls.step(stepper))
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
      if (!stage.calm && calls.settledCalls >= scenario.calls + spareCalls) await untilCalm()
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
    const further = Math.min(calls.settledCalls - scenario.calls, 10)
    if (calls.resolvedInCalm > 0) return Math.min(scenario.patienceMs / 3, 200)
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
