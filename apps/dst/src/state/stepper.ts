import type { Run } from '@daa-compute/allreduce'
import { type Clock, type Connector, DaaError, type Random } from '@daa-compute/interface'
import type { Replica } from '@daa-compute/state'
import type { Protocol } from '../protocol.ts'
import { quickHasher } from '../play/quick-hasher.ts'
import type { Scenario } from '../scenario.ts'
import { Violation } from '../violation.ts'
import type { StateLedger, StateVoice } from './state-ledger.ts'

/** Largest magnitude of a value a peer brings. */
const LARGEST_VALUE = 50

/** What a step came to. */
export interface Stepped {
  /** Of the error it was rejected with. */
  readonly code: string | undefined
  /** Whether what was brought is in a round. */
  readonly counted: boolean
}

/** One peer's model, trained in steps, in one life. */
export interface Stepper {
  readonly replica: Replica<Float32Array>
  step(signal: AbortSignal): Promise<Stepped>
  stop(): Promise<void>
}

export interface StepperInit {
  readonly scenario: Scenario
  readonly protocol: Protocol
  readonly run: Run
  readonly connector: Connector
  readonly clock: Clock
  readonly random: Random
  readonly voice: Omit<StateVoice, 'tensors' | 'revision'>
  readonly ledger: StateLedger
  readonly weight: number
  /** Whether its rounds change its state in another way than everybody's. */
  readonly isTwisted: boolean
  note(text: () => string): void
  /** A promise was broken, and nobody waits for what showed it. */
  broken(error: unknown): void
}

export async function createStepper(init: StepperInit): Promise<Stepper> {
  const {
    scenario,
    protocol,
    run,
    connector,
    clock,
    random,
    ledger,
    note,
    broken,
    weight,
    isTwisted
  } = init
  const { state } = scenario
  if (state === undefined) throw new RangeError('the scenario has no state')
  const { elements, blockLength, onMeet, applyMs, maxDeltaBytes, uploadBitsPerSecond } = state
  const tensors = createTensors(elements)
  const replica = await protocol.createReplica<Float32Array>({
    ...{ run, connector, clock, random, hasher: quickHasher, tensors, blockLength, onMeet },
    serving: { maxDeltaBytes, uploadBitsPerSecond },
    // a member that lies may bring another state than everybody has
    onDiverged:
      state.liar !== undefined || scenario.faults.some(({ kind }) => kind === 'bytes')
        ? 'majority'
        : 'reject',
    async apply(values) {
      const { weights, taken } = tensors
      applyTo(weights.subarray(0, elements >> 1), taken, values)
      // what changes is not whole in between
      if (applyMs > 0) await sleep(clock, applyMs)
      applyTo(weights.subarray(elements >> 1), taken, values)
      taken[0] = (taken[0] ?? 0) + 1
      if (isTwisted) weights[0] = (weights[0] ?? 0) + 1
    }
  })
  const voice: StateVoice = {
    ...init.voice,
    tensors,
    get revision() {
      return replica.revision
    }
  }
  ledger.join(voice)
  const watched = (check: () => void): void => {
    try {
      check()
    } catch (error) {
      broken(error)
    }
  }
  replica.on('merge', (merge) => {
    note(() => `merges: ${JSON.stringify(merge)}`)
    watched(() => ledger.merged(voice, merge))
  })
  replica.on('behind', ({ error }) => note(() => `is behind: ${String(error)}`))
  replica.on('level', ({ revision }) => {
    note(() => `is level at ${revision.lineage.slice(0, 8)} ${revision.sequence}`)
    watched(() => ledger.levelled(voice))
  })
  replica.on('donor:dropped', ({ peer, reason }) => {
    note(() => `drops the donor ${peer}: ${String(reason)}`)
    watched(() => ledger.dropped(voice, peer, reason.code))
  })

  return {
    replica,
    async step(signal) {
      const values = Float32Array.from(
        { length: scenario.length },
        () => Math.floor(random.next() * (2 * LARGEST_VALUE + 1)) - LARGEST_VALUE
      )
      const brought = values.slice()
      try {
        const result = await replica.step(values, { weight, signal })
        const { sequence, participants, counted, revision } = result
        note(
          () =>
            `has round ${sequence} with ${participants.join(' ')}${counted ? '' : ', not counted'}, and state ${revision.sequence}`
        )
        ledger.stepped(voice, result)
        return { code: undefined, counted }
      } catch (error) {
        if (error instanceof Violation) throw error
        note(() => `rejects: ${String(error)}`)
        const code = signal.aborted && error === signal.reason ? 'aborted' : codeOf(error)
        ledger.rejected(voice, { code, error, values, brought })
        return { code, counted: false }
      }
    },
    stop: () => replica.stop()
  }
}

interface Tensors extends Readonly<Record<string, Float32Array | Float64Array | Int32Array>> {
  readonly weights: Float32Array<ArrayBuffer>
  readonly taken: Int32Array<ArrayBuffer>
}

/** The same at everybody's beginning. */
function createTensors(elements: number): Tensors {
  return {
    weights: Float32Array.from({ length: elements }, (_, i) => 1 + i / elements),
    taken: new Int32Array(1)
  }
}

/** A round too many, too few or in another order shows. */
function applyTo(weights: Float32Array, taken: Int32Array, values: Float32Array): void {
  const step = 1 + (taken[0] ?? 0)
  for (let i = 0; i < weights.length; i++) {
    weights[i] = (weights[i] ?? 0) * 0.875 + (values[i % values.length] ?? 0) / step
  }
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(ms, resolve))
}

function codeOf(error: unknown): string | undefined {
  return error instanceof DaaError ? String(error.code) : undefined
}
