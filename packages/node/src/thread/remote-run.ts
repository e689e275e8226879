import {
  type AllReduceResult,
  type NamedTensors,
  RoundError,
  type RunEvents,
  type RunExplanation,
  type Values
} from '@daa-compute/allreduce'
import { comparePeerIds, createEmitter, type Emitter, type PeerId } from '@daa-compute/interface'
import type { Revision, RoundValues } from '@daa-compute/state'
import { NodeError } from '../errors.ts'
import type { ReplicaOptions, RunReplica } from '../replicate.ts'
import type { JoinedRun, ReduceOptions } from '../run-of-node.ts'
import type { Link } from './link.ts'
import type { NetworkCalls, RunEvent, RunHandle, StartedRun } from './protocol.ts'
import { portableReplicaOptions } from './portable.ts'
import type { Reducer } from './reducer.ts'
import { RemoteReplica, type ReplicaRegistry } from './remote-replica.ts'

export interface RemoteRunInit {
  readonly id: string
  readonly handle: RunHandle
  readonly started: StartedRun
  readonly link: Link<NetworkCalls, Record<never, never>>
  readonly reducer: Reducer
  readonly replicas: ReplicaRegistry
  /** Called when the run has been left. */
  readonly release: () => void
}

/** A run that another thread is in for this one. */
export class RemoteRun implements JoinedRun {
  readonly id: string
  readonly self: PeerId
  readonly codec: string
  readonly #init: RemoteRunInit
  readonly #events: Emitter<RunEvents> = createEmitter<RunEvents>()
  #members: readonly PeerId[]
  #explanation: RunExplanation
  #leaving: Promise<void> | undefined
  #ended: Error | undefined

  constructor(init: RemoteRunInit) {
    this.#init = init
    const { self, codec, members, explanation } = init.started
    this.id = init.id
    this.self = self
    this.codec = codec
    this.#members = members
    this.#explanation = explanation
  }

  get members(): readonly PeerId[] {
    return this.#members
  }

  on<Name extends keyof RunEvents>(
    name: Name,
    listener: (event: RunEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: ReduceOptions
  ): Promise<AllReduceResult<Reduced>> {
    const { reducer, handle } = this.#init
    const out = this.#whyOut()
    return out === undefined ? reducer.reduce(handle, values, options) : Promise.reject(out)
  }

  explain(): RunExplanation {
    return this.#explanation
  }

  async replicate<Replicated extends RoundValues>(
    options: ReplicaOptions<Replicated>
  ): Promise<RunReplica<Replicated>> {
    this.#assertIn()
    const { link, reducer, replicas, handle: run } = this.#init
    const portable = portableReplicaOptions(options)
    const handle = replicas.draw()
    const { apply } = options
    const replica = new RemoteReplica<Replicated>({ handle, apply, link, reducer })
    replicas.add(handle, replica)
    try {
      const onResult = (revision: Revision | undefined): void => replica.onRevision(revision)
      await link.call('replicate', { run, replica: handle, options: portable }, { onResult })
      return replica
    } catch (error) {
      replicas.delete(handle)
      throw error
    }
  }

  async revoke(revocation: string): Promise<boolean> {
    this.#assertIn()
    return await this.#init.link.call('revoke', { run: this.#init.handle, revocation })
  }

  async renew(token: string): Promise<void> {
    this.#assertIn()
    await this.#init.link.call('renew', { run: this.#init.handle, token })
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
      this.#explanation = await link.call('leave', { run: handle })
    } finally {
      release()
    }
  }

  onEvent(told: RunEvent): void {
    if (told.name === 'member:up') {
      const others = this.#members.filter((peer) => peer !== told.event.peer)
      this.#members = [...others, told.event.peer].toSorted(comparePeerIds)
    } else if (told.name === 'member:down') {
      this.#members = this.#members.filter((peer) => peer !== told.event.peer)
    }
    this.#events.emit(told.name, told.event)
  }

  onExplanation(explanation: RunExplanation): void {
    this.#explanation = explanation
  }

  /** The node is no more. */
  onEnd(error: Error): void {
    this.#ended = error
    this.#members = [this.self]
    this.#explanation = { ...this.#explanation, state: 'left', up: [this.self], awaited: {} }
  }

  /** Why nothing can be asked of the run any more, if so: stopping a node leaves its runs. */
  #whyOut(): Error | undefined {
    const isStopped = this.#ended instanceof NodeError && this.#ended.code === 'STOPPED'
    if (this.#ended !== undefined && !isStopped) return this.#ended
    if (this.#leaving === undefined && !isStopped) return undefined
    return new RoundError('LEFT', `the run ${this.id} was left: join it again`, { run: this.id })
  }

  #assertIn(): void {
    const out = this.#whyOut()
    if (out !== undefined) throw out
  }
}
