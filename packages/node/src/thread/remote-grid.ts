import {
  type AverageOptions,
  type Grid,
  GridError,
  type GridEvents,
  type GridExplanation,
  type GridResult
} from '@daa-compute/allreduce'
import { createEmitter, type Emitter, type PeerId } from '@daa-compute/interface'
import { NodeError } from '../errors.ts'
import type { Link } from './link.ts'
import type { GridEvent, GridHandle, NetworkCalls, StartedGrid } from './protocol.ts'
import type { Reducer } from './reducer.ts'

export interface RemoteGridInit {
  readonly id: string
  readonly handle: GridHandle
  readonly started: StartedGrid
  readonly link: Link<NetworkCalls, Record<never, never>>
  readonly reducer: Reducer
  /** Called when the grid has been left. */
  readonly release: () => void
}

/** A grid that another thread is in for this one. */
export class RemoteGrid implements Grid {
  readonly id: string
  readonly self: PeerId
  readonly #init: RemoteGridInit
  readonly #events: Emitter<GridEvents> = createEmitter<GridEvents>()
  #explanation: GridExplanation
  #leaving: Promise<void> | undefined
  #ended: Error | undefined

  constructor(init: RemoteGridInit) {
    this.#init = init
    this.id = init.id
    this.self = init.started.self
    this.#explanation = init.started.explanation
  }

  get coordinates(): readonly number[] {
    return [...this.#explanation.coordinates]
  }

  on<Name extends keyof GridEvents>(
    name: Name,
    listener: (event: GridEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  async average(values: Float32Array, options?: AverageOptions): Promise<GridResult> {
    const out = this.#whyOut()
    if (out !== undefined) throw out
    const { reducer, handle } = this.#init
    return await reducer.average(handle, values, options)
  }

  explain(): GridExplanation {
    return this.#explanation
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  async #leave(): Promise<void> {
    // who has stopped the node, or lost it, has left
    if (this.#ended !== undefined) return
    const { link, handle, release } = this.#init
    try {
      this.#explanation = await link.call('leaveGrid', { grid: handle })
    } finally {
      release()
    }
  }

  onEvent(told: GridEvent): void {
    if (told.name === 'round') {
      const { coordinates } = told.event
      this.#explanation = { ...this.#explanation, coordinates }
    }
    this.#events.emit(told.name, told.event)
  }

  onExplanation(explanation: GridExplanation): void {
    this.#explanation = explanation
  }

  /** The node is no more. */
  onEnd(error: Error): void {
    this.#ended = error
    this.#explanation = { ...this.#explanation, state: 'left', group: [] }
  }

  /** Why nothing can be asked of the grid any more, if so: stopping a node leaves its grids. */
  #whyOut(): Error | undefined {
    const isStopped = this.#ended instanceof NodeError && this.#ended.code === 'STOPPED'
    if (this.#ended !== undefined && !isStopped) return this.#ended
    if (this.#leaving === undefined && !isStopped) return undefined
    return new GridError('LEFT', `the grid ${this.id} was left: join it again`, { run: this.id })
  }
}
