import type { RunEvents } from '@daa-compute/allreduce'
import type { Clock } from '@daa-compute/interface'
import type { JoinedRun } from '../run-of-node.ts'
import type { CallerLink } from './caller-link.ts'
import { createExplainer } from './explainer.ts'
import type { RunEvent, RunHandle, StartedRun } from './protocol.ts'

/** A run on the network's thread. */
export interface HostedRun {
  readonly run: JoinedRun
  readonly started: StartedRun
  /** Keeps the caller's explanation up to date. @returns a function that ends it */
  watch(): () => void
  /** Tells nothing any more. */
  stop(): void
}

export interface RunHostInit {
  readonly run: JoinedRun
  readonly handle: RunHandle
  readonly link: CallerLink
  readonly clock: Clock
}

const EVENT_NAMES: Readonly<Record<keyof RunEvents, true>> = {
  'member:up': true,
  'member:down': true,
  refused: true,
  round: true,
  configuration: true,
  failure: true
}
const EVENTS = Object.keys(EVENT_NAMES) as (keyof RunEvents)[]

/** Tells a caller on another thread what a run tells. */
export function hostRun({ run, handle, link, clock }: RunHostInit): HostedRun {
  const explainer = createExplainer(
    clock,
    () => run.explain(),
    () => link.hasRoom,
    (explanation) => link.tell('explanation', { run: handle, explanation })
  )
  const forward = (name: keyof RunEvents): (() => void) =>
    run.on(name, (event) => {
      explainer.explain()
      link.tell('runEvent', { run: handle, event: { name, event } as RunEvent })
    })
  const endings = EVENTS.map((name) => forward(name))

  return {
    run,
    started: {
      self: run.self,
      codec: run.codec,
      members: run.members,
      explanation: run.explain()
    },
    watch: () => explainer.watch(),
    stop() {
      explainer.stop()
      for (const end of endings) end()
    }
  }
}
