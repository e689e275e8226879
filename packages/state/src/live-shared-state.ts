import { createEmitter, type Emitter, joinSignals, type PeerId } from '@daa-compute/interface'
import { DEFAULT_LEASE_MS, DEFAULT_MAX_JOINERS, MAX_ROUND_OF_TURNS_MS } from './constants.ts'
import { StateError } from './errors.ts'
import { CatchUp } from './fetch/catch-up.ts'
import { Donors } from './fetch/donors.ts'
import { backward, isBefore } from './fetch/order.ts'
import { createMeters, type Meters } from './metrics.ts'
import { type CheckedInit, statementOf } from './options.ts'
import type { Statement } from './protocol/messages.ts'
import { Donor } from './serve/donor.ts'
import { maxDeltaBytesOf, Store } from './serve/store.ts'
import { UploadBudget } from './serve/upload-budget.ts'
import type {
  CatchUpOptions,
  CatchUpReport,
  Revision,
  SharedState,
  StateEvents
} from './shared-state.ts'

/** Shared state as this peer has it: its store, and who serves and fetches it. */
export class LiveSharedState implements SharedState {
  readonly #init: CheckedInit
  readonly #events: Emitter<StateEvents> = createEmitter<StateEvents>()
  readonly #stopping = new AbortController()
  readonly #meters: Meters
  readonly #store: Store
  readonly #donor: Donor
  readonly #fetching = new Set<Donors>()
  #busy: 'update' | 'catchUp' | undefined

  constructor(init: CheckedInit) {
    this.#init = init
    this.#meters = createMeters(init.metrics)
    const { leaseMs = DEFAULT_LEASE_MS } = init.serving
    const { uploadBitsPerSecond = Infinity, maxDeltaBytes } = init.serving
    const maxJoiners = joinersAt(uploadBitsPerSecond, init)
    this.#store = new Store({
      ...init,
      ...{ leaseMs, maxJoiners, maxDeltaBytes },
      released: ({ peer }, reason) => {
        init.logger?.debug('let go what was held for a joiner', { peer, reason })
        this.#events.emit('joiner:released', { peer, reason })
      }
    })
    this.#donor = new Donor({
      ...init,
      store: this.#store,
      budget: new UploadBudget(init.clock, uploadBitsPerSecond),
      // some more, so that whoever comes too many is told so
      maxChannels: 2 * (init.serving.maxJoiners ?? DEFAULT_MAX_JOINERS),
      served: (peer, revision) => this.#events.emit('joiner:served', { peer, revision }),
      sent: (bytes) => this.#meters.sent.add(bytes)
    })
  }

  start(): Promise<void> {
    return this.#donor.start()
  }

  get revision(): Revision | undefined {
    return this.#store.statement?.revision
  }

  on<Name extends keyof StateEvents>(
    name: Name,
    listener: (event: StateEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  declare(revision: Revision, participants: readonly PeerId[]): void {
    this.#assertFree()
    const { revision: before } = this
    if (before !== undefined && isBefore(revision, before)) throw backward(before, revision)
    const statement = statementOf(revision, participants)
    this.#store.open()
    this.#store.isBehind = false
    this.#store.close(statement)
  }

  reaffirm(): void {
    this.#assertFree()
    this.#store.isBehind = false
  }

  forget(): void {
    this.#assertFree()
    this.#store.open()
  }

  async update(
    to: Revision,
    participants: readonly PeerId[],
    delta: readonly Uint8Array[] | undefined,
    change: () => void | Promise<void>
  ): Promise<void> {
    this.#assertFree()
    const { revision: from } = this
    if (from === undefined) {
      throw new StateError(
        'NOT_WHOLE',
        'the tensors are no state that could change: declare what they are, or catchUp',
        {}
      )
    }
    if (to.lineage === from.lineage && to.sequence <= from.sequence) throw backward(from, to)
    const statement = statementOf(to, participants)
    this.#busy = 'update'
    try {
      await this.#store.change(statement, delta, change)
      this.#store.isBehind = false
    } finally {
      this.#busy = undefined
    }
  }

  async catchUp(options: CatchUpOptions = {}): Promise<CatchUpReport> {
    this.#assertFree()
    options.signal?.throwIfAborted()
    using either = joinSignals(options.signal, this.#stopping.signal)
    const { signal } = either
    const { connector, logger, hasher } = this.#init
    this.#busy = 'catchUp'
    this.#store.isBehind = true
    let isOver = false
    const donors = new Donors({
      ...this.#init,
      hasher: hasher.name,
      dropped: (peer, reason) => {
        if (isOver) return
        logger?.info('a donor of the state was dropped', { peer, code: reason.code })
        this.#meters.dropped.add(1, { code: reason.code })
        this.#events.emit('donor:dropped', { peer, reason })
      }
    })
    this.#fetching.add(donors)
    const catchUp = new CatchUp({
      ...this.#init,
      connector,
      store: this.#store,
      donors,
      maxBytes: this.#init.maxBytes ?? this.#store.object.byteLength,
      maxDeltaBytes: maxDeltaBytesOf(this.#store.object),
      options,
      signal,
      change: (to, delta, apply) => this.#replay(to, delta, apply),
      drop: (link, reason) => link.drop(reason)
    })
    try {
      const report = await catchUp.run()
      isOver = true
      this.#store.isBehind = false
      this.#meters.fetched.add(report.bytesFetched + report.deltaBytes)
      // what donors hold is let go at once, but the caller need not wait for that
      void donors.end(true).then(() => this.#fetching.delete(donors))
      return report
    } catch (error) {
      isOver = true
      await donors.end(false)
      this.#fetching.delete(donors)
      throw error
    } finally {
      this.#busy = undefined
    }
  }

  async stop(): Promise<void> {
    const error = new StateError('STOPPED', 'the shared state was stopped', {})
    this.#stopping.abort(error)
    this.#store.leases.stop()
    await Promise.all([...this.#fetching].map((donors) => donors.end(false)))
    await this.#donor.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #replay(
    to: Statement,
    delta: Uint8Array,
    apply: () => void | Promise<void>
  ): Promise<void> {
    await this.#store.change(to, [delta], async () => {
      try {
        await apply()
      } catch (cause) {
        const { revision } = to
        throw new StateError(
          'APPLY_FAILED',
          `apply failed at revision ${revision.sequence}, and may have changed some of the tensors: ${String(cause)}`,
          { to: revision, cause },
          { cause }
        )
      }
    })
  }

  #assertFree(): void {
    const { signal } = this.#stopping
    if (signal.aborted) throw signal.reason
    if (this.#busy === undefined) return
    const other = this.#busy
    throw new StateError(
      'BUSY',
      `the tensors are being changed by ${other}: wait until that has settled`,
      { with: other }
    )
  }
}

/** How many joiners may wait their turn for a block: with more of them all would take this peer for stalled. */
function joinersAt(bitsPerSecond: number, { serving, blockLength }: CheckedInit): number {
  const { maxJoiners = DEFAULT_MAX_JOINERS } = serving
  const turns = (MAX_ROUND_OF_TURNS_MS * bitsPerSecond) / (8000 * blockLength)
  return Math.min(maxJoiners, Math.max(1, Math.floor(turns)))
}
