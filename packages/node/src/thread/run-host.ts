import type { RunEvents } from '@daa-compute/allreduce'
import type { Clock } from '@daa-compute/interface'
import type { JoinedRun } from '../run-of-node.ts'
import type { Link } from './link.ts'
import type { CallerCalls, NetworkTells, RunEvent, RunHandle, StartedRun } from './protocol.ts'

/** How often a caller is told what a run of its is doing, in ms, while it waits for it. */
const EXPLAIN_INTERVAL_MS = 100

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
  readonly link: Link<CallerCalls, NetworkTells>
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
  let told = ''
  let watchers = 0
  let cancel: () => void = () => undefined

  const explain = (): void => {
    if (!link.hasRoom) return
    const explanation = run.explain()
    const text = JSON.stringify(explanation)
    if (text === told) return
    told = text
    link.tell('explanation', { run: handle, explanation })
  }
  const explainLater = (): void => {
    cancel = clock.schedule(EXPLAIN_INTERVAL_MS, () => {
      explain()
      explainLater()
    })
  }
  const forward = (name: keyof RunEvents): (() => void) =>
    run.on(name, (event) => {
      explain()
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
    watch() {
      if (watchers++ === 0) explainLater()
      // what the call has begun is to be seen at once
      queueMicrotask(explain)
      return () => {
        if (--watchers > 0) return
        cancel()
        explain()
      }
    },
    stop() {
      cancel()
      for (const end of endings) end()
    }
  }
}
