import type { Grid, GridEvents } from '@daa-compute/allreduce'
import type { Clock } from '@daa-compute/interface'
import type { CallerLink } from './caller-link.ts'
import { createExplainer } from './explainer.ts'
import type { CallContext } from './link.ts'
import type { GridEvent, GridHandle, NetworkCalls, StartedGrid } from './protocol.ts'

type AverageCall = NetworkCalls['average']

/** A grid on the network's thread. */
export interface HostedGrid {
  readonly started: StartedGrid
  average(
    values: Float32Array,
    options: AverageCall['args']['options'],
    context: Pick<CallContext, 'signal'> & {
      readonly onProgress: ((done: number, total: number) => void) | undefined
    }
  ): Promise<AverageCall['result']>
  /** Leaves it. @returns what it is then */
  leave(): Promise<StartedGrid['explanation']>
  /** Tells nothing any more. */
  stop(): void
}

export interface GridHostInit {
  readonly grid: Grid
  readonly handle: GridHandle
  readonly link: CallerLink
  readonly clock: Clock
}

const EVENT_NAMES: Readonly<Record<keyof GridEvents, true>> = { round: true, skipped: true }
const EVENTS = Object.keys(EVENT_NAMES) as (keyof GridEvents)[]

/** Tells a caller on another thread what a grid tells. */
export function hostGrid({ grid, handle, link, clock }: GridHostInit): HostedGrid {
  const explainer = createExplainer(
    clock,
    () => grid.explain(),
    () => link.hasRoom,
    (explanation) => link.tell('gridExplanation', { grid: handle, explanation })
  )
  const endings = EVENTS.map((name) =>
    grid.on(name, (event) => {
      explainer.explain()
      link.tell('gridEvent', { grid: handle, event: { name, event } as GridEvent })
    })
  )
  const stop = (): void => {
    explainer.stop()
    for (const end of endings) end()
  }
  return {
    started: { self: grid.self, explanation: grid.explain() },
    async average(values, given, context) {
      const end = explainer.watch()
      try {
        const { values: _, ...rest } = await grid.average(values, { ...given, ...context })
        return rest
      } finally {
        end()
      }
    },
    async leave() {
      try {
        await grid.leave()
        return grid.explain()
      } finally {
        stop()
      }
    },
    stop
  }
}
