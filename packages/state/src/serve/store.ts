import { type Clock, type Hasher, joinSignals, type PeerId } from '@daa-compute/interface'
import { DELTA_PIPELINE, MIN_DELTA_BYTES } from '../constants.ts'
import { type ByteObject, bytesOf, type WritableObject } from '../object/byte-object.ts'
import { type Layout, layoutOf } from '../object/layout.ts'
import { type Refusal, sameRevision, type Statement } from '../protocol/messages.ts'
import type { Revision } from '../shared-state.ts'
import type { StateTensors } from '../tensors.ts'
import { pauseOf } from '../timing.ts'
import { buildTree, type HashTree } from '../tree/hash-tree.ts'
import { DeltaLog, type LoggedDelta } from './delta-log.ts'
import { HeldState } from './held-state.ts'
import { type Lease, Leases, type LeasesInit } from './leases.ts'

export interface StoreInit extends LeasesInit {
  readonly clock: Clock
  readonly hasher: Hasher
  readonly tensors: StateTensors
  readonly blockLength: number
  /** Default: see {@link maxDeltaBytesOf}. */
  readonly maxDeltaBytes: number | undefined
}

/** Bytes of results of rounds that are kept for joiners, unless told otherwise. */
export function maxDeltaBytesOf({ byteLength }: ByteObject): number {
  return Math.max(MIN_DELTA_BYTES, 2 * byteLength)
}

/** The state of this peer, and what of it is held for others. */
export class Store {
  readonly object: WritableObject
  readonly layout: Layout
  readonly blockLength: number
  readonly leases: Leases
  /** Whether it is behind those whose state it takes over, or could not take over. */
  isBehind = false
  /** What the tensors were last, also when they are none any more. */
  latest: Revision | undefined
  readonly #init: StoreInit
  readonly #log: DeltaLog
  readonly #maxDeltaBytes: number
  readonly #waiting = new Set<() => void>()
  #statement: Statement | undefined
  /** What the tensors were, while they become the next. */
  #past: Statement | undefined
  #state: HeldState | undefined

  constructor(init: StoreInit) {
    this.#init = init
    this.object = bytesOf(init.tensors)
    this.layout = layoutOf(init.tensors, init.hasher)
    this.blockLength = init.blockLength
    this.#maxDeltaBytes = init.maxDeltaBytes ?? maxDeltaBytesOf(this.object)
    this.#log = new DeltaLog((object) => this.buildTree(object))
    this.leases = new Leases({
      ...init,
      released: (lease, reason) => {
        this.#trim()
        init.released(lease, reason)
      }
    })
  }

  /** What the tensors are, unless they are being changed or no state at all. */
  get statement(): Statement | undefined {
    return this.#statement
  }

  /**
   * Where this peer stands: what the tensors are, or were before the change that is going
   * on. Nowhere while it takes over others' state: what it has then, it does not stand for.
   */
  get standing(): Statement | undefined {
    return this.isBehind ? undefined : (this.#statement ?? this.#past)
  }

  buildTree(object: ByteObject): Promise<HashTree> {
    const { hasher, clock } = this.#init
    return buildTree(hasher, object, this.blockLength, () => pauseOf(clock, 0))
  }

  /** The tensors are about to change: what is held of them is copied before. */
  open(): void {
    const state = this.#state
    if (state !== undefined && this.leases.all.some((lease) => lease.state === state)) {
      state.freeze()
    }
    this.#state = undefined
    this.#statement = undefined
  }

  /**
   * Makes the tensors the next state.
   *
   * @throws whatever the change does: from then on they are no state
   */
  async change(
    to: Statement,
    delta: readonly Uint8Array[] | undefined,
    change: () => void | Promise<void>
  ): Promise<void> {
    const before = this.#statement
    this.open()
    this.#past = before
    try {
      await change()
    } finally {
      this.#past = undefined
      this.#wake()
    }
    if (before !== undefined) this.#keep(before.revision, to, delta)
    this.close(to)
  }

  /** The tensors are whole, and this. */
  close(statement: Statement): void {
    this.#statement = statement
    this.latest = statement.revision
    this.#wake()
  }

  /** Keeps what led to the present revision, if somebody may ask for it. */
  #keep(from: Revision, statement: Statement, delta: readonly Uint8Array[] | undefined): void {
    if (this.leases.size === 0) return
    this.#log.add(from, statement, delta)
    while (this.#log.byteLength > this.#maxDeltaBytes) {
      const [first, ...others] = this.leases.all
      if (first === undefined) break
      const last = others.reduce(
        (least, lease) => (lease.since < least.since ? lease : least),
        first
      )
      this.leases.end(last, 'too-far-behind')
    }
  }

  /** A revision that a copy is held of for somebody. */
  get held(): Revision | undefined {
    return this.leases.all.find(({ state }) => state?.isLive === false)?.state?.statement.revision
  }

  /** Holds a revision for a joiner, waiting until it is there if it is to come. */
  async pin(
    peer: PeerId,
    revision: Revision,
    waitMs: number,
    signal: AbortSignal
  ): Promise<HeldState | Refusal> {
    const existing = this.leases.use(peer)
    if (sameRevision(existing?.state?.statement.revision, revision)) {
      return existing?.state as HeldState
    }
    // held before it asks for another: a later revision may need the memory of the copy
    if (existing !== undefined) existing.state = undefined
    const shared = this.leases.all.find(({ state }) =>
      sameRevision(state?.statement.revision, revision)
    )
    if (shared === undefined) {
      await this.#reach(revision, waitMs, signal)
      if (!sameRevision(this.#statement?.revision, revision)) return this.#refusalOf(revision)
      // there is never more than one copy
      if (this.held !== undefined) return 'not-kept'
    }
    const lease = this.leases.take(peer, this.#log.end)
    if (lease === undefined) return 'busy'
    const state = shared?.state ?? this.#present()
    lease.state = state
    lease.since = shared?.since ?? this.#log.end
    return state
  }

  /** What led from a revision to the next one, waiting for it if it is to come. */
  async delta(
    peer: PeerId,
    from: Revision,
    waitMs: number,
    signal: AbortSignal
  ): Promise<LoggedDelta | Refusal> {
    // who asks what came behind a state has that, or has begun anew
    const held = this.leases.use(peer)
    if (held?.state !== undefined) this.release(held)
    if (sameRevision(this.#statement?.revision, from)) {
      // from now on what comes behind it is kept
      const lease = this.leases.take(peer, this.#log.end)
      if (lease === undefined) return 'busy'
      const { lineage, sequence } = from
      if (waitMs > 0) await this.#reach({ lineage, sequence: sequence + 1 }, waitMs, signal)
      if (sameRevision(this.#statement?.revision, from)) return 'not-yet'
    } else if (this.#statement === undefined) {
      await this.#reach(from, waitMs, signal)
    }
    const found = this.#log.find(from)
    if (found === undefined) return this.#refusalOf(from)
    const lease = this.leases.use(peer)
    if (lease !== undefined) {
      // some are asked for at a time, and not fetched in order
      lease.since = Math.max(lease.since, found.place - DELTA_PIPELINE)
      this.#trim()
    }
    return found.entry.isReplayable ? found.entry : 'not-kept'
  }

  /** What a joiner may fetch. */
  find(
    peer: PeerId,
    kind: 'snapshot' | 'delta',
    revision: Revision
  ): HeldState | LoggedDelta | undefined {
    const lease = this.leases.use(peer)
    if (kind === 'delta') return this.#log.find(revision)?.entry
    return sameRevision(lease?.state?.statement.revision, revision) ? lease?.state : undefined
  }

  release(lease: Lease): void {
    lease.state = undefined
    this.#trim()
  }

  #present(): HeldState {
    this.#state ??= new HeldState(this.#statement as Statement, this.object, (object) =>
      this.buildTree(object)
    )
    return this.#state
  }

  #refusalOf(revision: Revision): Refusal {
    const current = this.standing?.revision
    if (current === undefined) return 'nothing'
    const isBefore = current.lineage === revision.lineage && current.sequence <= revision.sequence
    return isBefore ? 'not-yet' : 'not-kept'
  }

  /** Resolves when the state has got to a revision, gone past it, or time is up. */
  async #reach(revision: Revision, waitMs: number, signal: AbortSignal): Promise<void> {
    const isToCome = (): boolean => {
      const current = this.standing?.revision
      if (current === undefined) return false
      if (this.#statement === undefined) return true
      return current.lineage === revision.lineage && current.sequence < revision.sequence
    }
    if (!isToCome()) return
    using over = joinSignals(signal)
    const look = (): void => {
      if (!isToCome()) over.abort()
    }
    this.#waiting.add(look)
    await pauseOf(this.#init.clock, waitMs, over.signal)
    this.#waiting.delete(look)
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look()
  }

  #trim(): void {
    this.#log.trim(Math.min(this.#log.end, ...this.leases.all.map(({ since }) => since)))
  }
}
