import type { PeerId } from '@daa-compute/interface'
import type { FrameEvent } from '@daa-compute/simnet'
import type { Protocol } from '../protocol.ts'
import type { StateLedger } from '../state/state-ledger.ts'
import type { Decisions } from './decisions.ts'
import type { FaultPlan } from './faults.ts'
import type { LastVotes } from './last-votes.ts'
import type { Striker } from './striker.ts'

export interface LookoutInit {
  readonly protocol: Protocol
  readonly plan: FaultPlan
  readonly striker: Striker
  readonly decisions: Decisions
  readonly lastVotes: LastVotes
  /** Where peers keep a common state. */
  readonly states: StateLedger | undefined
  /** Of the scenario's peers. */
  readonly indices: ReadonlyMap<PeerId, number>
  broken(error: unknown): void
  /** Where somebody reads it. */
  readonly trace: ((text: string) => void) | undefined
}

/** How the names of shared state's protocols begin. */
const STATE = '/daa/state/'

/** How the names of control protocols begin; others carry values. */
const CONTROL = '/daa/allreduce/control/'

/** Looks at every frame: whether a promise is broken by now, and a fault's moment has come. */
export function createLookout(init: LookoutInit): (event: FrameEvent) => void {
  const { protocol, plan, striker, decisions, lastVotes, states, indices, trace } = init

  const awaited = {
    sent: (type: string): boolean => plan.awaits(type, 'sent'),
    received: (type: string): boolean => plan.awaits(type, 'received')
  }

  function lookAtStates(): void {
    try {
      states?.look()
    } catch (error) {
      init.broken(error)
    }
  }

  return ({ from, to, protocol: name, frame, phase }) => {
    if (states !== undefined) lookAtStates()
    const isControl = name.startsWith(CONTROL)
    if (isControl && phase === 'sent') decisions.hear(from, frame)
    if (isControl) lastVotes.see(phase, from, frame)
    if (!plan.waiting && trace === undefined) return
    const type = isControl
      ? protocol.typeOf(frame, trace === undefined ? awaited[phase] : undefined)
      : name.startsWith(STATE)
        ? 'state'
        : 'data'
    if (type === undefined || (trace === undefined && !plan.awaits(type, phase))) return
    // not every message is worth a line that nobody reads
    if (isControl) trace?.(`${from} → ${to} ${type} ${phase}, ${frame.length} B`)
    const fromIndex = indices.get(from)
    const toIndex = indices.get(to)
    if (fromIndex === undefined || toIndex === undefined) return
    for (const { fault, delayMs } of plan.see(type, phase)) {
      const sighting = { type, phase, from: fromIndex, to: toIndex }
      if (delayMs > 0) striker.later(delayMs, () => striker.strike(fault, sighting))
      else striker.strike(fault, sighting)
    }
  }
}
