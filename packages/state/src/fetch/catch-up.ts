import type { Clock, Connector, Hasher, PeerId } from '@daa-compute/interface'
import { ANSWER_TIMEOUT_MS, MAX_PINS_IN_ALL, MAX_SNAPSHOTS, SLOW_HASH_RATE } from '../constants.ts'
import { StateError } from '../errors.ts'
import { sameRevision, type Statement } from '../protocol/messages.ts'
import type { Store } from '../serve/store.ts'
import type { CatchUpOptions, CatchUpReport, Revision } from '../shared-state.ts'
import { Agreement } from './agreement.ts'
import type { DonorLink } from './donor-link.ts'
import type { Donors } from './donors.ts'
import { assertFits } from './fitting.ts'
import { type FetchTally, ObjectFetch, type ObjectFetchInit } from './object-fetch.ts'
import { backward, isBefore } from './order.ts'
import { Replay } from './replay.ts'
import { TargetChooser } from './target.ts'
import { Vouching } from './vouching.ts'

export interface CatchUpInit {
  readonly connector: Connector
  readonly clock: Clock
  readonly hasher: Hasher
  readonly store: Store
  readonly donors: Donors
  readonly maxBytes: number
  readonly maxDeltaBytes: number
  readonly options: CatchUpOptions
  readonly signal: AbortSignal
  /** What the tensors become by a round. */
  change(to: Statement, delta: Uint8Array, apply: () => void | Promise<void>): Promise<void>
  drop(link: DonorLink, reason: StateError): void
}

/** One call of `catchUp`. */
export class CatchUp {
  readonly #init: CatchUpInit
  readonly #startMs: number
  readonly #tally: FetchTally = { fetched: 0, present: 0, duplicate: 0, wasted: 0 }
  readonly #targets = new TargetChooser()
  readonly #pins = { left: MAX_PINS_IN_ALL }
  #replay: Replay | undefined
  #snapshots = 0

  constructor(init: CatchUpInit) {
    this.#init = init
    this.#startMs = init.clock.now()
  }

  async run(): Promise<CatchUpReport> {
    const { store, options } = this.#init
    const { until, apply, lineage = until?.lineage } = options
    const own = store.statement?.revision
    if (own !== undefined && until !== undefined && isBefore(until, own)) {
      throw backward(own, until)
    }
    const isOther = lineage !== undefined && own?.lineage !== lineage
    if (own !== undefined && apply !== undefined && !isOther && !sameRevision(own, until)) {
      // whoever was away for a short time only may need no more than that
      if (await this.#replayRounds()) return this.#report(own)
    }
    for (;;) {
      // what was replayed meanwhile counts, too: states do not go backwards
      await this.#fetchState(store.statement?.revision ?? own ?? store.latest)
      const fetched = store.statement?.revision as Revision
      if (await this.#replayRounds()) return this.#report(fetched)
      if (this.#snapshots >= MAX_SNAPSHOTS) break
      this.#init.donors.refresh()
    }
    throw new StateError(
      'CANNOT_KEEP_UP',
      `rounds went on faster than ${MAX_SNAPSHOTS} states could be fetched: let donors serve more (uploadBitsPerSecond), keep more results of rounds (maxDeltaBytes), or give apply`,
      { snapshots: this.#snapshots }
    )
  }

  /** @returns whether this is where it is to end */
  async #replayRounds(): Promise<boolean> {
    const { options, store } = this.#init
    const { until } = options
    const revision = store.statement?.revision
    if (revision !== undefined && until !== undefined && !isBefore(revision, until)) return true
    if (options.apply === undefined) return until === undefined
    this.#replay ??= new Replay({
      ...this.#init,
      self: this.#init.connector.self,
      apply: options.apply,
      fetch: (init, vouching) => this.#fetch(init, vouching),
      vouchFor: (from, waitMs) => this.#vouchFor(from, waitMs)
    })
    return (await this.#replay.run()) !== 'gap'
  }

  #vouchFor(from: Revision, waitMs: number): Vouching {
    const { clock, connector, donors, maxDeltaBytes, store } = this.#init
    const timeoutMs = ANSWER_TIMEOUT_MS + waitMs + maxDeltaBytes / SLOW_HASH_RATE
    return new Vouching({
      clock,
      self: connector.self,
      links: donors.links,
      ask: (link) => link.ask({ type: 'delta', from, waitMs }, 'vouch', timeoutMs),
      own: Promise.resolve(undefined),
      electorate: store.statement?.participants,
      isFitting: ({ revision, blockLength }) =>
        blockLength === store.blockLength &&
        !sameRevision(revision, from) &&
        !isBefore(revision, from)
    })
  }

  async #fetchState(before: Revision | undefined): Promise<void> {
    const { store, signal, options, maxBytes } = this.#init
    const tree = store.buildTree(store.object)
    const agreed = await new Agreement({
      ...this.#init,
      targets: this.#targets,
      tree,
      snapshots: this.#snapshots,
      pins: this.#pins
    }).reach()
    const { vouch, vouching } = agreed
    if (before !== undefined && isBefore(vouch.revision, before)) {
      throw backward(before, vouch.revision)
    }
    await assertFits(agreed, store, maxBytes)
    const own = await tree
    signal.throwIfAborted()
    let hasWritten = false
    this.#snapshots++
    const { revision, participants } = vouch
    await this.#fetch(
      {
        ...this.#init,
        of: { kind: 'snapshot', revision },
        shape: vouch,
        root: vouch.root,
        own,
        write: (offset, bytes) => {
          if (!hasWritten) store.open()
          hasWritten = true
          store.object.write(offset, bytes)
        },
        progress: (bytesDone) =>
          options.onProgress?.({
            ...{ what: 'snapshot', revision, bytesDone, bytesTotal: vouch.byteLength }
          })
      },
      vouching
    )
    if (!hasWritten) store.open()
    store.close({ revision, participants })
    for (const { link } of this.#init.donors.links) link.post({ type: 'release' }, () => undefined)
  }

  /** Fetches what a quorum vouches for, from all who do. */
  async #fetch(init: ObjectFetchInit, vouching: Vouching): Promise<void> {
    const { signal } = this.#init
    const fetch = new ObjectFetch(init)
    const abort = (): void => fetch.fail(signal.reason)
    signal.addEventListener('abort', abort)
    vouching.forEach((link, isSame) => {
      if (isSame) fetch.add(link)
      else this.#init.drop(link, otherRevision(link))
    })
    void vouching.settled.then(() => fetch.seal())
    try {
      await fetch.done
    } finally {
      signal.removeEventListener('abort', abort)
      const { fetched, present, duplicate, wasted } = fetch.tally
      this.#tally.duplicate += duplicate
      this.#tally.wasted += wasted
      if (init.of.kind === 'snapshot') {
        this.#tally.fetched += fetched
        this.#tally.present += present
      }
    }
  }

  #report(fallback: Revision): CatchUpReport {
    const { store, donors, clock } = this.#init
    const { fetched, present, duplicate, wasted } = this.#tally
    return {
      revision: store.statement?.revision ?? fallback,
      bytesFetched: fetched,
      bytesPresent: present,
      deltaBytes: this.#replay?.byteLength ?? 0,
      bytesDuplicate: duplicate,
      bytesWasted: wasted,
      deltas: this.#replay?.count ?? 0,
      snapshots: this.#snapshots,
      donors: donors.reports,
      durationMs: clock.now() - this.#startMs
    }
  }
}

function otherRevision({ peer }: { readonly peer: PeerId }): StateError {
  return new StateError(
    'OTHER_REVISION',
    `${peer} vouches for a state that the others do not have`,
    {
      peer
    }
  )
}
