import { createEmitter, type Emitter } from '@daa-compute/interface'
import type {
  AppliedRound,
  ReplicaEvents,
  Revision,
  RoundValues,
  StepResult
} from '@daa-compute/state'
import type { ReplicaOptions, ReplicaStepOptions, RunReplica } from '../replicate.ts'
import type { Link } from './link.ts'
import type { NetworkCalls, ReplicaEvent, ReplicaHandle } from './protocol.ts'
import type { Reducer } from './reducer.ts'

export interface RemoteReplicaInit<Values extends RoundValues> {
  readonly handle: ReplicaHandle
  readonly apply: ReplicaOptions<Values>['apply']
  readonly link: Link<NetworkCalls, Record<never, never>>
  readonly reducer: Reducer
}

/** What of the network's thread reaches a replica on this one, whatever its values are. */
export type ReplicaInlet = Pick<
  RemoteReplica<RoundValues>,
  'apply' | 'onEvent' | 'onRevision' | 'onEnd'
>

/** The replicas of a node, by their handles. */
export class ReplicaRegistry {
  readonly #replicas = new Map<ReplicaHandle, ReplicaInlet>()
  #last = 0

  draw(): ReplicaHandle {
    return ++this.#last
  }

  add(handle: ReplicaHandle, replica: ReplicaInlet): void {
    this.#replicas.set(handle, replica)
  }

  get(handle: ReplicaHandle): ReplicaInlet | undefined {
    return this.#replicas.get(handle)
  }

  delete(handle: ReplicaHandle): void {
    this.#replicas.delete(handle)
  }

  /** The node is no more. */
  end(): void {
    for (const replica of this.#replicas.values()) replica.onEnd()
    this.#replicas.clear()
  }
}

/** A replica that another thread serves and keeps level; this one changes its tensors. */
export class RemoteReplica<Values extends RoundValues> implements RunReplica<Values> {
  readonly #init: RemoteReplicaInit<Values>
  readonly #events: Emitter<ReplicaEvents> = createEmitter<ReplicaEvents>()
  #revision: Revision | undefined
  #stopped: Promise<void> | undefined

  constructor(init: RemoteReplicaInit<Values>) {
    this.#init = init
  }

  get revision(): Revision | undefined {
    return this.#revision
  }

  on<Name extends keyof ReplicaEvents>(
    name: Name,
    listener: (event: ReplicaEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  async step(values: Values, options?: ReplicaStepOptions): Promise<StepResult<Values>> {
    const { reducer, handle } = this.#init
    return await reducer.step(handle, values, options)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(): Promise<void> {
    const { link, handle } = this.#init
    await link.call('stopReplica', { replica: handle })
  }

  async apply(values: RoundValues, round: AppliedRound): Promise<void> {
    // what a step brings is what comes back
    await this.#init.apply(values as Values, round)
  }

  onEvent({ name, event }: ReplicaEvent): void {
    this.#events.emit(name, event)
  }

  onRevision(revision: Revision | undefined): void {
    this.#revision = revision
  }

  /** Nobody is served any more. */
  onEnd(): void {
    this.#stopped ??= Promise.resolve()
  }
}
