import type { Clock, Connector, Hasher, PeerId } from '@daa-compute/interface'
import {
  ANSWER_TIMEOUT_MS,
  FIRST_RETRY_MS,
  MAX_PINS,
  MAX_RETRY_MS,
  MAX_SEARCHES,
  MAX_SNAPSHOTS,
  PIN_WAIT_MS,
  SLOW_HASH_RATE
} from '../constants.ts'
import { StateError } from '../errors.ts'
import { differenceOf } from '../object/layout.ts'
import { sameRevision, type Statement, type Vouch } from '../protocol/messages.ts'
import type { Store } from '../serve/store.ts'
import type { CatchUpOptions, CatchUpReport, Revision } from '../shared-state.ts'
import { pauseOf } from '../timing.ts'
import { type HashTree, sameBytes } from '../tree/hash-tree.ts'
import type { DonorLink } from './donor-link.ts'
import type { Donors } from './donors.ts'
import { type FetchTally, ObjectFetch, type ObjectFetchInit } from './object-fetch.ts'
import { Replay } from './replay.ts'
import { standingOf, type Status, TargetChooser } from './target.ts'
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
  #replay: Replay | undefined
  #snapshots = 0
  #tree: Promise<HashTree> | undefined

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
      await this.#fetchState(own)
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
    const { clock, connector, donors, maxDeltaBytes } = this.#init
    const timeoutMs = ANSWER_TIMEOUT_MS + waitMs + maxDeltaBytes / SLOW_HASH_RATE
    return new Vouching({
      clock,
      self: connector.self,
      links: donors.links,
      ask: (link) => link.ask({ type: 'delta', from, waitMs }, 'vouch', timeoutMs),
      own: Promise.resolve(undefined)
    })
  }

  async #fetchState(before: Revision | undefined): Promise<void> {
    const { store, signal, options } = this.#init
    this.#tree = store.buildTree(store.object)
    const { vouch, vouching } = await this.#agree()
    if (before !== undefined && isBefore(vouch.revision, before)) {
      throw backward(before, vouch.revision)
    }
    await this.#check(vouch, vouching)
    const own = await this.#tree
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

  /** Makes the donors hold one revision, until more than half vouch for the same. */
  async #agree(): Promise<{ vouch: Vouch; vouching: Vouching }> {
    const { donors, options, connector, signal, clock } = this.#init
    const { until, lineage = until?.lineage } = options
    let searches = 0
    let isUntilGone = false
    let isBusy = false
    let disagreed: StateError | undefined
    for (let tries = 0; tries < MAX_PINS; tries++) {
      const pauseMs = tries === 0 ? 0 : Math.min(FIRST_RETRY_MS * 2 ** searches, MAX_RETRY_MS)
      if (pauseMs > 0) await pauseOf(clock, pauseMs, signal)
      const statuses = await donors.statuses(signal)
      const standing = standingOf(statuses, lineage, connector.self)
      if (standing === undefined && until === undefined) {
        if (++searches >= MAX_SEARCHES) throw disagreed ?? this.#noStanding(statuses)
        continue
      }
      const isWanted = until !== undefined && !isUntilGone
      const target = isWanted
        ? until
        : this.#targets.next(standing ?? { ...NOWHERE, lineage: lineage ?? '' })
      if (target.sequence < 0 || (until !== undefined && isBefore(target, until))) {
        searches++
        continue
      }
      const vouching = this.#pin(target)
      const vouch = await vouching.canonical
      signal.throwIfAborted()
      if (vouch !== undefined) return { vouch, vouching }
      // another joiner may have them hold one already, from which it is not far
      const held = vouching.noes.find((no) => no.held !== undefined)?.held
      if (held !== undefined && until === undefined) {
        const again = this.#pin(held)
        const agreed = await again.canonical
        if (agreed !== undefined) return { vouch: agreed, vouching: again }
      }
      isBusy = vouching.noes.some(({ refusal }) => refusal === 'busy')
      isUntilGone ||= vouching.noes.some(({ refusal }) => refusal === 'not-kept')
      const { voices } = vouching
      if (voices.length > 0 && vouching.noes.length === 0) {
        disagreed = new StateError(
          'NO_QUORUM',
          `no more than half of those who were in the last round vouch for the same state; ${voices.length} vouch for different ones, or the others cannot be reached`,
          { donors: voices.map(({ peer }) => peer) }
        )
        searches++
      }
      if (disagreed !== undefined && searches >= MAX_SEARCHES) throw disagreed
    }
    if (isBusy) {
      throw new StateError(
        'DONORS_BUSY',
        'the donors serve as many joiners as they may (maxJoiners): try again later',
        { donors: donors.asked }
      )
    }
    if (until !== undefined) {
      throw (
        disagreed ??
        new StateError(
          'NO_SUCH_REVISION',
          `no quorum of the donors has, or gets to, revision ${until.sequence} of lineage ${until.lineage}`,
          { until }
        )
      )
    }
    throw new StateError(
      'CANNOT_KEEP_UP',
      `${MAX_PINS} times the donors were further before they could be asked to hold their state`,
      { snapshots: this.#snapshots }
    )
  }

  #noStanding(statuses: readonly Status[]): StateError {
    const asked = this.#init.donors.asked
    if (statuses.length === 0) {
      return new StateError(
        'NO_DONORS',
        asked.length === 0
          ? 'there are no members to fetch the state from: wait until some are reachable'
          : `none of ${asked.join(', ')} has a state and can be reached`,
        { asked }
      )
    }
    const donors = statuses.map(({ peer }) => peer)
    return new StateError(
      'NO_QUORUM',
      `${donors.join(', ')} have a state, but more than half of those who were in the last round with them are needed: wait until more can be reached`,
      { donors }
    )
  }

  #pin(revision: Revision): Vouching {
    const { clock, connector, donors, store } = this.#init
    const waitMs = PIN_WAIT_MS
    const timeoutMs = ANSWER_TIMEOUT_MS + waitMs + store.object.byteLength / SLOW_HASH_RATE
    return new Vouching({
      clock,
      self: connector.self,
      links: donors.links,
      ask: (link) => link.ask({ type: 'pin', revision, waitMs }, 'vouch', timeoutMs),
      own: this.#ownVouch(revision)
    })
  }

  async #ownVouch(revision: Revision): Promise<Vouch | undefined> {
    const { store } = this.#init
    const { statement, layout, blockLength, object } = store
    if (statement === undefined || !sameRevision(statement.revision, revision)) return undefined
    const root = (await this.#tree)?.root ?? new Uint8Array(0)
    const { byteLength } = object
    return { ...statement, layout: layout.hash, byteLength, blockLength, root }
  }

  async #check(vouch: Vouch, vouching: Vouching): Promise<void> {
    const { store, maxBytes } = this.#init
    const { byteLength, blockLength } = vouch
    if (!sameBytes(vouch.layout, store.layout.hash)) throw await this.#mismatch(vouching)
    if (byteLength > maxBytes) {
      throw new StateError(
        'TOO_LARGE',
        `the state has ${byteLength} bytes, this peer takes ${maxBytes} (maxBytes)`,
        { length: byteLength, limit: maxBytes }
      )
    }
    if (byteLength !== store.object.byteLength || blockLength !== store.blockLength) {
      throw new StateError(
        'LAYOUT_MISMATCH',
        `the others hash their state in blocks of ${blockLength} bytes, this peer of ${store.blockLength}: give all the same blockLength`,
        { tensor: '', ours: `blocks of ${store.blockLength}`, theirs: `blocks of ${blockLength}` }
      )
    }
  }

  async #mismatch(vouching: Vouching): Promise<StateError> {
    const links: DonorLink[] = []
    vouching.forEach((link, isSame) => void (isSame && links.push(link)))
    const ours = this.#init.store.layout.text
    for (const link of links) {
      const answer = await link.ask({ type: 'layout' }, 'layout').catch(() => undefined)
      const found = answer?.type === 'layout' ? differenceOf(ours, answer.text) : undefined
      if (found === undefined) continue
      return new StateError(
        'LAYOUT_MISMATCH',
        `tensor ${found.tensor} is ${found.ours} here and ${found.theirs} at the others: begin with the same model`,
        found
      )
    }
    return new StateError('LAYOUT_MISMATCH', 'the state of the others has other tensors', {
      ...{ tensor: '', ours: '', theirs: '' }
    })
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

const NOWHERE = { least: -1, most: -1 }

/** Whether a revision comes before another one of the same lineage. */
export function isBefore(a: Revision, b: Revision): boolean {
  return a.lineage === b.lineage && a.sequence < b.sequence
}

export function backward(from: Revision, to: Revision): StateError {
  return new StateError(
    'BACKWARD',
    `the state is at revision ${from.sequence}, and ${to.sequence} of the same lineage lies before it: states do not go backwards. To begin again from an old one, begin a new run`,
    { from, to }
  )
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
