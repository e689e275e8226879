import { type AbortOptions, asError, type Attempt, type RoundRequest } from '@daa-compute/interface'
import type { Call, Caller } from './caller.ts'
import type { QuorumDeciderInit } from './decider-init.ts'
import { notEnoughPeers, outcomeUnknown, RoundError } from './errors.ts'
import type { Patience } from './liveness/patience.ts'
import type { Rhythm } from './liveness/rhythm.ts'
import type { Peers } from './membership/peers.ts'
import type { Seeking } from './membership/seeking.ts'
import type { Seat } from './seat.ts'
import type { Outbox } from './wire/outbox.ts'

export interface FormOptions extends AbortOptions {
  /** Whether what is brought is fit for any round, though this peer missed some. */
  readonly enterLate?: boolean | undefined
  /** Whether to fail rather than go on where a better lineage is met. */
  readonly yields?: boolean | undefined
  /**
   * Asked before this peer is in anything, and again before it begins.
   *
   * @throws {RoundError} when a group of so many is too much for this peer
   */
  assertFits?(size: number): void
  /** Whether to begin a lineage where there is none. Default true */
  readonly founds?: boolean | undefined
  /** ms that it may take until there are enough peers. */
  readonly timeoutMs: number
}

export interface FormingInit {
  readonly decider: QuorumDeciderInit
  readonly caller: Caller
  readonly seat: Seat
  readonly peers: Peers
  readonly outbox: Outbox
  readonly seeking: Seeking
  readonly patience: Patience
  readonly rhythm: Rhythm
  changed(): void
}

/** The caller's wish for an attempt, from when it is uttered until it is granted or has failed. */
export class Forming {
  readonly #init: FormingInit
  /** Whether nothing came of the last call. */
  #wasInVain = false

  constructor(init: FormingInit) {
    this.#init = init
  }

  async form(request: RoundRequest, options: FormOptions): Promise<Attempt> {
    const { decider, peers, caller, changed } = this.#init
    const { clock, self, incarnation, arrange } = decider
    const { signal, enterLate = false, yields = false, founds = true, timeoutMs } = options
    signal?.throwIfAborted()
    // what can be carried out in no group at all is refused before anybody hears of it
    arrange([{ peer: self, incarnation }], request)
    const assertFits = (size: number): void => options.assertFits?.(size)
    this.#assertFits(assertFits)
    const call: Call = {
      request,
      assertFits,
      // or it might count twice
      late: enterLate && !caller.isInDoubt,
      yields,
      founds,
      result: Promise.withResolvers(),
      sinceMs: clock.now(),
      newsSinceMs: caller.calledMs,
      isHurried: false
    }
    caller.take(call)
    // what did not fit an earlier call may fit this one
    peers.misfits.clear()
    if (this.#wasInVain) this.#askAround()
    this.#wasInVain = false
    const abort = (): void => this.fail(asError(signal?.reason))
    signal?.addEventListener('abort', abort)
    const timeout = clock.schedule(timeoutMs, () =>
      this.fail(caller.isInDoubt ? outcomeUnknown([]) : this.#tooFew(timeoutMs))
    )
    const hurry = clock.schedule(timeoutMs / 2, () => {
      call.isHurried = true
      changed()
    })
    this.#startPatience()
    changed()
    try {
      return await call.result.promise
    } finally {
      timeout()
      hurry()
      signal?.removeEventListener('abort', abort)
    }
  }

  /**
   * Others have let this peer in, however long it has waited for that: they may be
   * computing, and are waited for from now on.
   */
  onAdmitted(): void {
    const { caller, patience } = this.#init
    if (!caller.isAwaited) return
    patience.end()
    this.#startPatience()
  }

  /**
   * Nothing comes of a group of too few but by others: after a call in vain it is asked anew
   * where they are, which may be elsewhere than this peer has heard, and they are told. Who
   * is in no group does so with every call; where there are enough it is left to the rounds,
   * as it would take their bandwidth.
   */
  #askAround(): void {
    const { seat, peers, outbox, decider } = this.#init
    const { slot } = seat
    if (slot === undefined || slot.config.members.length >= decider.minPeers) return
    const question = { ...seat.position(), isQuestion: true }
    for (const peer of peers.linked()) outbox.tellAgain(peer, question)
  }

  #startPatience(): void {
    const { decider, patience, rhythm } = this.#init
    patience.start(decider.patienceMs ?? rhythm.patienceMs)
  }

  /** Nothing comes of the call, if there is one. */
  fail(error: Error): void {
    const { caller, seat, outbox, seeking, patience } = this.#init
    const { call } = caller
    if (call === undefined) return
    caller.call = undefined
    caller.isInDoubt = false
    if (seat.slot === undefined) {
      const isMisfit = error instanceof RoundError && error.code === 'REQUEST_MISMATCH'
      // the other side may not have heard yet what this one brings
      if (isMisfit) outbox.broadcast(seeking.message(call))
      outbox.broadcast({ type: 'withdraw', isMisfit })
    }
    seeking.forget()
    patience.end()
    this.#wasInVain = true
    call.result.reject(error)
  }

  /** Who waits for this peer in vain is told at once. */
  #assertFits(assertFits: (size: number) => void): void {
    const { seat, decider, changed } = this.#init
    const { slot } = seat
    try {
      assertFits(slot?.config.members.length ?? decider.minPeers)
    } catch (error) {
      if (slot !== undefined && slot.decision === undefined) {
        seat.withdraw(slot, 'it has not enough memory')
        changed()
      }
      throw error
    }
  }

  #tooFew(timeoutMs: number): Error {
    const { seat, peers, decider } = this.#init
    const { minPeers, mesh, self } = decider
    const joined = seat.slot?.config.members.map(({ peer }) => peer) ?? [self, ...peers.asks.keys()]
    return notEnoughPeers(minPeers, timeoutMs, joined, mesh.unreachable(), peers.refusals)
  }
}
