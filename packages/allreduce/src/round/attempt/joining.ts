import { asError, type RoundRequest, type Verdict } from '@daa-compute/interface'
import type { Call, Caller } from '../caller.ts'
import type { Slot } from '../consensus/slot.ts'
import type { QuorumDeciderInit } from '../decider-init.ts'
import type { Patience } from '../liveness/patience.ts'
import type { Watch } from '../liveness/watch.ts'
import { behind, kindOf } from '../membership/misfits.ts'
import type { Moving } from '../membership/moving.ts'
import type { Peers } from '../membership/peers.ts'
import type { Seat } from '../seat.ts'
import { toHex } from '../wire/digest.ts'
import { derivePlan } from './derive-plan.ts'
import { LiveAttempt } from './live-attempt.ts'
import { planTag } from './plan.ts'

export interface JoiningInit {
  readonly decider: QuorumDeciderInit
  readonly caller: Caller
  readonly seat: Seat
  readonly peers: Peers
  readonly moving: Moving
  readonly patience: Patience
  readonly watch: Watch
  /** Fails the call that waits. */
  fail(error: Error): void
  changed(): void
}

/** How a call comes into an attempt, and what is left of it when that is over. */
export class Joining {
  readonly #init: JoiningInit
  /** A slot that was decided to count, of which this peer's caller may not know. */
  #unclaimed: Slot | undefined
  #last: LiveAttempt | undefined

  constructor(init: JoiningInit) {
    this.#init = init
  }

  /** A slot was decided to count. */
  onCounted(slot: Slot): void {
    this.#unclaimed = slot.entered.has(slot.rank) ? slot : undefined
  }

  /** A vote has come about the attempt that was joined last, which may be over. */
  onLateVote(): void {
    this.#last?.evaluate()
  }

  /**
   * A round that this peer has brought values to, and whose end its caller missed,
   * counts: the caller, who calls again to find out, gets that round's result.
   */
  claim(): void {
    const { caller } = this.#init
    const { call, place, attempt: current } = caller
    const slot = this.#unclaimed
    if (call === undefined || slot === undefined || current !== undefined) return
    const request = slot.requests.get(slot.rank)
    const isNext = slot.config.sequence === place.sequence
    this.#unclaimed = undefined
    if (!isNext || request === undefined || kindOf(request) !== kindOf(call.request)) return
    // its caller has its own values back
    slot.acceptor.held = undefined
    const attempt = this.#createAttempt(slot, request)
    attempt.evaluate()
    this.#begin(call, attempt)
  }

  /** Joins the attempt of the configuration, if a caller is waiting and there are enough. */
  enter(slot: Slot): void {
    const { caller, decider, seat, peers, moving, patience, watch, fail } = this.#init
    const { call, place } = caller
    const { config } = slot
    if (call === undefined || slot.decision !== undefined || seat.isSpent) return
    const isApart = config.sequence !== place.sequence || seat.visited.hasRenounced(config)
    if (isApart && !call.late) {
      const other = config.members.find((member) => member.peer !== decider.self)
      const { peer } = other ?? { peer: decider.self }
      seat.withdraw(slot, 'it missed a round')
      return fail(behind(place, { ...config, peer }))
    }
    if (config.members.length < decider.minPeers) return moving.considerRival(slot)
    let attempt: LiveAttempt
    try {
      call.assertFits(config.members.length)
      attempt = this.#createAttempt(slot, call.request)
    } catch (error) {
      seat.withdraw(slot, 'it cannot carry out the plan')
      return fail(asError(error))
    }
    slot.entered.add(slot.rank)
    slot.requests.set(slot.rank, call.request)
    slot.plans.set(slot.rank, toHex(planTag(attempt.plan)))
    peers.withdrawn.delete(decider.self)
    if (patience.isOver) slot.impatient.add(slot.rank)
    this.#begin(call, attempt)
    watch.start()
  }

  #createAttempt(slot: Slot, request: RoundRequest): LiveAttempt {
    const { decider, seat, changed } = this.#init
    const { hasher, arrange, clock } = decider
    const attempt: LiveAttempt = new LiveAttempt({
      plan: derivePlan(slot.config, request, arrange, hasher),
      request,
      slot,
      clock,
      complain: (complaint) => {
        if (complaint.kind === 'withdrawn') seat.withdraw(slot, complaint.reason)
        else seat.complain(slot, complaint)
        changed()
      },
      over: (verdict) => this.#over(attempt, verdict)
    })
    return attempt
  }

  #begin(call: Call, attempt: LiveAttempt): void {
    const { caller } = this.#init
    caller.call = undefined
    caller.attempt = attempt
    this.#last = attempt
    call.result.resolve(attempt)
  }

  #over(attempt: LiveAttempt, verdict: Verdict | undefined): void {
    const { caller, seat, moving, patience, watch } = this.#init
    if (verdict?.type !== 'retry' && verdict?.type !== 'left') caller.isInDoubt = false
    if (caller.attempt === attempt) {
      caller.attempt = undefined
      watch.stop()
    }
    const isGivenUp = verdict === undefined || verdict.type === 'unknown'
    if (isGivenUp && attempt.slot === seat.slot) seat.isSpent = true
    attempt.slot.reconsider()
    if (verdict?.type !== 'commit') return
    const { lineage, sequence } = attempt.plan.id
    caller.place = { lineage, sequence: sequence + 1 }
    seat.visited.renounceOthers(lineage)
    this.#unclaimed = undefined
    moving.onCommitted()
    patience.end()
  }
}
