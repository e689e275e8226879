import type { PeerId, Plan } from '@daa-compute/interface'
import { AttemptFailure } from './attempt-failure.ts'
import {
  DATA_HEADER_LENGTH,
  type DataHeader,
  isOfPlan,
  MAX_EXCHANGES,
  readDataHeader
} from './data-frame.ts'
import type { Executor } from './executor.ts'

/** What takes the frames of one attempt: an {@link Executor}. */
export type Recipient = Pick<Executor, 'deliver' | 'fail'>

/** What frames are told apart by within a lineage, in this order. */
type Place = Pick<DataHeader, 'sequence' | 'attempt' | 'exchange'>

interface Current {
  readonly plan: Plan
  readonly place: Place
  readonly recipient: Recipient
  readonly ranks: ReadonlyMap<PeerId, number>
}

/** Rounds that a member may be ahead of another that has a part in them. */
const MAX_AHEAD = 2

/**
 * Brings data frames to the attempt they belong to. A frame of an attempt that
 * is over is dropped; one of an attempt that has not begun here yet waits, and
 * its channel with it.
 *
 * Which it is its numbers say, within a lineage. What comes from another, into
 * which this peer has not been let yet, may be dropped by mistake: then that attempt
 * cannot be finished here, and nobody is to blame.
 */
export class DataRouter {
  #current: Current | undefined
  /** The last attempt, or exchange of one, that is over. */
  #floor: Place = BEFORE_ALL
  /** Of the attempt that began last, whether it is over or not. */
  #last: Pick<Current, 'plan' | 'ranks'> | undefined
  readonly #waiting = new Map<PeerId, PromiseWithResolvers<boolean>>()
  /** The last frame's header that was dropped of each peer. */
  readonly #dropped = new Map<PeerId, Uint8Array>()
  readonly #onForeign: ((peer: PeerId) => void) | undefined
  #stopped = false

  /**
   * @param onForeign told of a frame of the current attempt by another plan: its
   * sender goes by one that is not this peer's
   */
  constructor(onForeign?: (peer: PeerId) => void) {
    this.#onForeign = onForeign
  }

  /** An attempt begins here, or one of several exchanges of it. */
  begin(plan: Plan, recipient: Recipient, exchange = 0): void {
    const ranks = new Map(plan.members.map(({ peer }, rank) => [peer, rank]))
    const { sequence, attempt } = plan.id
    this.#current = { plan, place: { sequence, attempt, exchange }, recipient, ranks }
    this.#last = { plan, ranks }
    this.#wake()
    for (const [peer, header] of this.#dropped) {
      if (!ranks.has(peer) || !isOfPlan(header, plan.digest)) continue
      recipient.fail(new AttemptFailure(`what ${peer} sent came before this peer was in its group`))
    }
  }

  /**
   * It is over; so are all before it.
   *
   * @param exchange default: so are all of its exchanges
   */
  end(plan: Plan, exchange: number = MAX_EXCHANGES): void {
    const { sequence, attempt } = plan.id
    const place = { sequence, attempt, exchange }
    if (this.#current?.plan === plan) this.#current = undefined
    if (compare(place, this.#floor) > 0) this.#floor = place
    this.#wake()
  }

  /** A peer is gone, and the frame it may have waiting with it. */
  forget(peer: PeerId): void {
    this.#waiting.get(peer)?.resolve(false)
    this.#waiting.delete(peer)
    this.#dropped.delete(peer)
  }

  /** This peer is in no group any more; those it was with may be anywhere when it comes back. */
  part(): void {
    this.#last = undefined
  }

  /**
   * Sequences count anew, as in another lineage: what waits is dropped, and what
   * comes may have any number.
   */
  reset(): void {
    this.#floor = BEFORE_ALL
    this.part()
    for (const turn of this.#waiting.values()) turn.resolve(false)
    this.#waiting.clear()
  }

  /** Drops everything from now on. */
  stop(): void {
    this.#stopped = true
    for (const peer of [...this.#waiting.keys()]) this.forget(peer)
  }

  /**
   * Takes one frame; settles as {@link Executor.deliver}.
   *
   * @throws {AttemptFailure} when the frame belongs nowhere
   */
  deliver(peer: PeerId, frame: Uint8Array): Promise<void> | undefined {
    const header = readDataHeader(frame)
    if (header === undefined) {
      throw new AttemptFailure(`${peer} sent a data frame of ${frame.byteLength} bytes`, peer)
    }
    if (this.#stopped) return undefined
    if (compare(header, this.#floor) <= 0) return this.#drop(peer, frame)
    const current = this.#current
    const order = current === undefined ? 1 : compare(header, current.place)
    if (current === undefined || order > 0) {
      return this.#isAbsurd(peer, header) ? this.#drop(peer, frame) : this.#wait(peer, frame)
    }
    if (order < 0) return this.#drop(peer, frame)
    const rank = current.ranks.get(peer)
    // a plan of the same attempt that never formed here: nothing waits for it
    if (rank === undefined || !isOfPlan(frame, current.plan.digest)) {
      this.#onForeign?.(peer)
      return this.#drop(peer, frame)
    }
    return current.recipient.deliver(rank, header, frame)
  }

  /**
   * Whether a fellow member is rounds ahead of the last attempt that both had a part
   * in: mostly a liar, whose frame would keep its channel waiting for ever.
   */
  #isAbsurd(peer: PeerId, { sequence }: DataHeader): boolean {
    const last = this.#last
    return last?.ranks.has(peer) === true && sequence > last.plan.id.sequence + MAX_AHEAD
  }

  #drop(peer: PeerId, frame: Uint8Array): undefined {
    this.#dropped.set(peer, frame.slice(0, DATA_HEADER_LENGTH))
    return undefined
  }

  async #wait(peer: PeerId, frame: Uint8Array): Promise<void> {
    const turn = Promise.withResolvers<boolean>()
    this.#waiting.set(peer, turn)
    if (await turn.promise) await this.deliver(peer, frame)
    else this.#drop(peer, frame)
  }

  #wake(): void {
    const turns = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const turn of turns) turn.resolve(true)
  }
}

const BEFORE_ALL: Place = { sequence: -1, attempt: -1, exchange: -1 }

function compare(a: Place, b: Place): number {
  return a.sequence - b.sequence || a.attempt - b.attempt || a.exchange - b.exchange
}
