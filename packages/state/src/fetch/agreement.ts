import type { Clock, Connector, PeerId } from '@daa-compute/interface'
import {
  ANSWER_TIMEOUT_MS,
  FIRST_RETRY_MS,
  MAX_PINS,
  MAX_RETRY_MS,
  MAX_SEARCHES,
  MAX_STILL,
  PINS_BEYOND,
  PIN_WAIT_MS,
  SLOW_HASH_RATE
} from '../constants.ts'
import { StateError } from '../errors.ts'
import { sameRevision, type Vouch } from '../protocol/messages.ts'
import type { Store } from '../serve/store.ts'
import type { CatchUpOptions, Revision } from '../shared-state.ts'
import { pauseOf } from '../timing.ts'
import type { HashTree } from '../tree/hash-tree.ts'
import type { Donors } from './donors.ts'
import { isBefore } from './order.ts'
import { standingOf, type Statuses, type TargetChooser } from './target.ts'
import { Vouching } from './vouching.ts'

export interface AgreementInit {
  readonly connector: Connector
  readonly clock: Clock
  readonly store: Store
  readonly donors: Donors
  readonly options: CatchUpOptions
  readonly signal: AbortSignal
  readonly targets: TargetChooser
  /** Of what the tensors hold. */
  readonly tree: Promise<HashTree>
  /** States fetched before this one. */
  readonly snapshots: number
  /** How often donors may yet be asked to hold one. */
  readonly pins: { left: number }
}

/** What donors hold, and who does. */
export interface Agreed {
  readonly vouch: Vouch
  readonly vouching: Vouching
}

/** Whether what is held for others is of the lineage that was looked for, and not had already. */
function isAhead(held: Revision, lineage: string, { statement }: Store): boolean {
  const own = statement?.revision
  return held.lineage === lineage && (own?.lineage !== lineage || isBefore(own, held))
}

/** What all who answer say of themselves, as one text. */
function textOf({ known }: Statuses): string {
  const lines = known.map(({ peer, statement: { revision, participants } }) =>
    [peer, revision.lineage, revision.sequence, ...participants].join()
  )
  return lines.toSorted().join(';')
}

const NOWHERE = { participants: [], least: -1, most: -1 }

/** Has donors hold one and the same revision. */
export class Agreement {
  readonly #init: AgreementInit

  constructor(init: AgreementInit) {
    this.#init = init
  }

  /** Makes the donors hold one revision, until more than half vouch for the same. */
  async reach(): Promise<Agreed> {
    const { donors, options, connector, signal, clock, store, pins } = this.#init
    const { until, lineage = until?.lineage } = options
    let searches = 0
    let isUntilGone = false
    let isBusy = false
    let disagreed: StateError | undefined
    let seen = ''
    let still = 0
    for (let tries = 0; tries < MAX_PINS && pins.left > 0; tries++) {
      pins.left--
      const pauseMs = tries === 0 ? 0 : Math.min(FIRST_RETRY_MS * 2 ** searches, MAX_RETRY_MS)
      if (pauseMs > 0) await pauseOf(clock, pauseMs, signal)
      const statuses = await donors.statuses(signal)
      const standing = standingOf(statuses, lineage, connector.self)
      if (standing === undefined && until === undefined) {
        if (++searches >= MAX_SEARCHES) throw disagreed ?? this.#noStanding(statuses)
        continue
      }
      const now = textOf(statuses)
      still = now === seen ? still + 1 : 0
      seen = now
      const isWanted = until !== undefined && !isUntilGone
      const target = isWanted
        ? until
        : this.#init.targets.next(standing ?? { ...NOWHERE, lineage: lineage ?? '' })
      if (target.sequence < 0 || (until !== undefined && isBefore(target, until))) {
        searches++
        continue
      }
      const vouching = this.#pin(target, standing?.participants)
      const vouch = await vouching.canonical
      signal.throwIfAborted()
      if (vouch !== undefined) return { vouch, vouching }
      // another joiner may have them hold one already, from which it is not far
      const held = vouching.noes.find((no) => no.held !== undefined)?.held
      if (until === undefined && held !== undefined && isAhead(held, target.lineage, store)) {
        const again = this.#pin(held, standing?.participants)
        const agreed = await again.canonical
        if (agreed !== undefined) return { vouch: agreed, vouching: again }
      }
      isBusy = vouching.noes.some(({ refusal }) => refusal === 'busy')
      if (isWanted && vouching.noes.some(({ refusal }) => refusal === 'not-kept')) {
        isUntilGone = true
        // whoever waits for this peer to have it does not wait for long
        pins.left = Math.min(pins.left, PINS_BEYOND)
      }
      const { voices } = vouching
      // who stands still at different revisions, each asked for by now, is stuck there
      const isStuck = still >= MAX_STILL && !isBusy
      if (voices.length > 0 && (vouching.noes.length === 0 || isStuck)) {
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
      { snapshots: this.#init.snapshots }
    )
  }

  #noStanding({ known }: Statuses): StateError {
    const asked = this.#init.donors.asked
    if (known.length === 0) {
      return new StateError(
        'NO_DONORS',
        asked.length === 0
          ? 'there are no members to fetch the state from: wait until some are reachable'
          : `none of ${asked.join(', ')} has a state and can be reached`,
        { asked }
      )
    }
    const donors = known.map(({ peer }) => peer)
    return new StateError(
      'NO_QUORUM',
      `${donors.join(', ')} have a state, but more than half of those who were in the last round with them are needed: wait until more can be reached`,
      { donors }
    )
  }

  #pin(revision: Revision, electorate: readonly PeerId[] | undefined): Vouching {
    const { clock, connector, donors, store } = this.#init
    const waitMs = PIN_WAIT_MS
    const timeoutMs = ANSWER_TIMEOUT_MS + waitMs + store.object.byteLength / SLOW_HASH_RATE
    return new Vouching({
      clock,
      self: connector.self,
      links: donors.links,
      ask: (link) => link.ask({ type: 'pin', revision, waitMs }, 'vouch', timeoutMs),
      own: this.#ownVouch(revision),
      electorate,
      isFitting: (vouch) => sameRevision(vouch.revision, revision)
    })
  }

  async #ownVouch(revision: Revision): Promise<Vouch | undefined> {
    const { store } = this.#init
    const { statement, layout, blockLength, object } = store
    if (statement === undefined || !sameRevision(statement.revision, revision)) return undefined
    const root = (await this.#init.tree)?.root ?? new Uint8Array(0)
    const { byteLength } = object
    return { ...statement, layout: layout.hash, byteLength, blockLength, root }
  }
}
