import type { Run } from '@daa-compute/allreduce'
import type { SimPeer } from '@daa-compute/simnet'
import type { Call, Session, Voice } from '../ledger/records.ts'
import { RULES } from '../rules.ts'
import type { PeerScript } from '../scenario.ts'
import type { Stepper } from '../state/stepper.ts'
import { Violation } from '../violation.ts'
import type { CallRecord, Stage } from './stage.ts'

export interface CallsInit {
  readonly stage: Stage
  readonly sim: SimPeer
  readonly script: PeerScript
}

/** Makes a life's calls, one at a time. */
export interface Calls extends CallRecord {
  /** An all-reduce; its error's code, `undefined` when it resolves. */
  reduce(run: Run, voice: Voice, session: Session): Promise<string | undefined>
  /** A step of a model; its error's code, `undefined` when it resolves. */
  step(stepper: Stepper): Promise<string | undefined>
}

/** Largest magnitude of a value; whole numbers up to here have exact sums. */
const LARGEST_VALUE = 50

export function createCalls({ stage, sim, script }: CallsInit): Calls {
  const { scenario, ledger, counters } = stage
  const { random } = sim
  let call: { readonly startMs: number } | undefined
  let controller = new AbortController()
  let settledCalls = 0
  let settledInCalm = 0
  let resolvedInCalm = 0

  function drawValues(): Float32Array {
    const values = new Float32Array(scenario.length)
    for (let i = 0; i < values.length; i++) {
      values[i] = Math.floor(random.next() * (2 * LARGEST_VALUE + 1)) - LARGEST_VALUE
    }
    return values
  }

  /** @returns whether the faults are over */
  function begin(made: { readonly startMs: number }): boolean {
    call = made
    counters.add('calls: made')
    return stage.calm
  }

  function end(inCalm: boolean): void {
    call = undefined
    settledCalls++
    if (inCalm) settledInCalm++
    stage.settled()
  }

  async function step(stepper: Stepper): Promise<string | undefined> {
    controller = new AbortController()
    const inCalm = begin({ startMs: sim.clock.now() })
    try {
      const { code, counted } = await stepper.step(controller.signal)
      if (counted && inCalm) resolvedInCalm++
      return code
    } finally {
      end(inCalm)
    }
  }

  async function reduce(run: Run, voice: Voice, session: Session): Promise<string | undefined> {
    const values = drawValues()
    controller = new AbortController()
    const { signal } = controller
    const made: Call = {
      voice,
      session,
      values,
      contribution: values.slice(),
      weight: script.weight,
      startMs: sim.clock.now(),
      endMs: Infinity,
      signal,
      outcome: 'pending',
      code: undefined,
      settled: undefined,
      round: undefined,
      recovered: false
    }
    const shown = (): string => [...values.subarray(0, 3)].join(' ')
    stage.note(sim.id, () => `calls with ${shown()}${values.length > 3 ? ' …' : ''}`)
    ledger.begin(made)
    const inCalm = begin(made)
    try {
      const rule = scenario.rule && RULES[scenario.rule]
      const result = await run.allReduce(values, { weight: script.weight, rule, signal })
      const { sequence, attempt, participants } = result
      const what = (): string =>
        `round ${sequence}, attempt ${attempt}, with ${participants.join(' ')}`
      stage.note(sim.id, () => `resolves ${what()}`)
      ledger.resolved(made, result, sim.clock.now())
      if (inCalm) resolvedInCalm++
      return undefined
    } catch (error) {
      if (error instanceof Violation) throw error
      stage.note(sim.id, () => `rejects: ${String(error)}`)
      ledger.rejected(made, error, sim.clock.now())
      return made.code
    } finally {
      end(inCalm)
    }
  }

  return {
    reduce,
    step,
    get call() {
      return call
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
    abort() {
      if (call === undefined || controller.signal.aborted) return false
      stage.note(sim.id, 'aborts its call')
      controller.abort(new Error('given up by the tester'))
      return true
    }
  }
}
