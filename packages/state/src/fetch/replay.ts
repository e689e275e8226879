import type { Clock, Hasher, PeerId } from '@daa-compute/interface'
import { DELTA_PIPELINE, MAX_PINS, PIN_WAIT_MS, SHORT_DELTA_LENGTH } from '../constants.ts'
import { isStateError, StateError } from '../errors.ts'
import { joined } from '../object/byte-object.ts'
import { sameRevision, type Statement, type Vouch } from '../protocol/messages.ts'
import type { Store } from '../serve/store.ts'
import type { CatchUpOptions, Revision } from '../shared-state.ts'
import type { ObjectFetchInit } from './object-fetch.ts'
import { isQuorum } from './quorum.ts'
import { Vouching } from './vouching.ts'

export interface ReplayInit {
  readonly clock: Clock
  readonly hasher: Hasher
  readonly self: PeerId
  readonly store: Store
  readonly options: CatchUpOptions
  readonly maxDeltaBytes: number
  readonly signal: AbortSignal
  readonly apply: NonNullable<CatchUpOptions['apply']>
  readonly vouchFor: (from: Revision, waitMs: number) => Vouching
  readonly fetch: (init: ObjectFetchInit, vouching: Vouching) => Promise<void>
  readonly change: (
    to: Statement,
    delta: Uint8Array,
    apply: () => void | Promise<void>
  ) => Promise<void>
}

/** A round's result on its way, or why there is none. */
type Arrival = { readonly vouch: Vouch; readonly bytes: Uint8Array } | Vouching | 'gap'

/**
 * Makes up for rounds by what they resulted in. A dense model changes everywhere in
 * every round, so whoever fetches states only is behind again each time; whoever can
 * keep up with the run at all can keep up with its results.
 */
export class Replay {
  readonly #init: ReplayInit
  /** Rounds replayed, and bytes of what they resulted in. */
  count = 0
  byteLength = 0
  /** Short ones are asked for ahead: rounds may be shorter than a round trip. */
  #depth = 1

  constructor(init: ReplayInit) {
    this.#init = init
  }

  /** @returns `gap` if what comes next is not to be had any more */
  async run(): Promise<'level' | 'gap'> {
    const { store, options, signal } = this.#init
    const { until } = options
    const ahead = new Map<number, Promise<Arrival>>()
    const usualMs = until === undefined ? 0 : PIN_WAIT_MS
    let waitMs = usualMs
    for (let waits = 0; ;) {
      signal.throwIfAborted()
      const from = store.statement?.revision as Revision
      if (until !== undefined && isAt(from, until)) return 'level'
      const asked = ahead.get(from.sequence)
      const first = asked ?? this.#arrival(from, waitMs)
      ahead.delete(from.sequence)
      for (let i = 1; i < this.#depth; i++) {
        const sequence = from.sequence + i
        if (until !== undefined && sequence >= until.sequence) break
        if (!ahead.has(sequence)) ahead.set(sequence, this.#arrival({ ...from, sequence }, waitMs))
      }
      const arrival = await first
      if (arrival === 'gap') return 'gap'
      if (arrival instanceof Vouching) {
        ahead.clear()
        // what was asked for ahead may have come meanwhile
        if (until !== undefined && asked !== undefined) {
          this.#depth = 1
          continue
        }
        const { waiting, near } = this.#quorumsOf(arrival)
        if (waiting && until === undefined) return 'level'
        // some have gone on: either all are about to, or those who wait were left behind
        if (!near || waits++ >= (until === undefined ? 1 : MAX_PINS)) return 'gap'
        waitMs = PIN_WAIT_MS
        this.#depth = 1
        continue
      }
      waits = 0
      waitMs = usualMs
      const { vouch, bytes } = arrival
      if (vouch.revision.lineage !== from.lineage) ahead.clear()
      await this.#advance(vouch, bytes)
      this.#depth = bytes.byteLength <= SHORT_DELTA_LENGTH ? DELTA_PIPELINE : 1
    }
  }

  /** Whether most of those who made the present state are still there, or were until just now. */
  #quorumsOf({ noes, voices, stateless }: Vouching): { waiting: boolean; near: boolean } {
    const { store, self } = this.#init
    const participants = store.statement?.participants ?? []
    const waiting = noes.filter(({ refusal }) => refusal === 'not-yet').map(({ peer }) => peer)
    const near = [...waiting, ...voices.map(({ peer }) => peer)]
    const isMost = (peers: readonly PeerId[]): boolean =>
      peers.length > 0 && isQuorum(participants, new Set(peers), self, stateless)
    return { waiting: isMost(waiting), near: waiting.length > 0 && isMost(near) }
  }

  async #advance(vouch: Vouch, bytes: Uint8Array): Promise<void> {
    const { revision, participants } = vouch
    await this.#init.change({ revision, participants }, bytes, () =>
      this.#init.apply(bytes, revision)
    )
    this.count++
    this.byteLength += bytes.byteLength
  }

  #arrival(from: Revision, waitMs: number): Promise<Arrival> {
    const arrival = this.#fetch(from, waitMs)
    // one that was asked for ahead may fail when nobody needs it any more
    arrival.catch(() => undefined)
    return arrival
  }

  async #fetch(from: Revision, waitMs: number): Promise<Arrival> {
    const { options, vouchFor, fetch, maxDeltaBytes } = this.#init
    const vouching = vouchFor(from, waitMs)
    const vouch = await vouching.canonical
    if (vouch === undefined) return vouching
    const { byteLength, revision, root } = vouch
    if (byteLength > maxDeltaBytes) {
      throw new StateError(
        'TOO_LARGE',
        `what a round resulted in has ${byteLength} bytes, this peer takes ${maxDeltaBytes}`,
        { length: byteLength, limit: maxDeltaBytes }
      )
    }
    const bytes = new Uint8Array(byteLength)
    const object = joined([bytes])
    try {
      await fetch(
        {
          ...this.#init,
          of: { kind: 'delta', revision: from },
          shape: vouch,
          root,
          own: undefined,
          write: (offset, block) => object.write(offset, block),
          progress: (bytesDone) =>
            options.onProgress?.({ what: 'delta', revision, bytesDone, bytesTotal: byteLength })
        },
        vouching
      )
    } catch (error) {
      // let go by all before it was fetched
      if (isStateError(error) && error.code === 'NO_DONORS') return 'gap'
      throw error
    }
    return { vouch, bytes }
  }
}

function isAt(revision: Revision, until: Revision): boolean {
  return (
    sameRevision(revision, until) ||
    (revision.lineage === until.lineage && revision.sequence > until.sequence)
  )
}
