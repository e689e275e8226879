import type {
  AbortOptions,
  Attempt,
  Decider,
  PeerId,
  PlanMember,
  RoundRequest,
  Verdict
} from '@daa-compute/interface'
import { asError } from '../as-error.ts'
import { FORK_SETTLE_MS, LEAVE_TIMEOUT_MS } from '../constants.ts'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import { Asking } from './membership/asking.ts'
import { Chain, type Place } from './consensus/chain.ts'
import {
  type Configuration,
  foundConfiguration,
  haveSameMembers
} from './consensus/configuration.ts'
import type { QuorumDeciderInit } from './decider-init.ts'
import { toHex } from './wire/digest.ts'
import { derivePlan, pairsOf } from './attempt/derive-plan.ts'
import { leftError, notEnoughPeers, outcomeUnknown, quorumLost, RoundError } from './errors.ts'
import { seek, type Seeker } from './membership/founding.ts'
import { Inbox } from './wire/inbox.ts'
import { Invitations } from './membership/invitations.ts'
import { findRival, isOutdone, isSomebodyApart } from './membership/lineages.ts'
import { LiveAttempt } from './attempt/live-attempt.ts'
import { decodeMessage } from './wire/message-codec.ts'
import type { AskMessage, DecidedMessage, FoundMessage } from './wire/messages.ts'
import { behind, kindOf, mismatch, otherPlan, rivalOf } from './membership/misfits.ts'
import { Outbox } from './wire/outbox.ts'
import { Patience } from './liveness/patience.ts'
import { planTag } from './attempt/plan.ts'
import { Peers } from './membership/peers.ts'
import { Probe } from './liveness/probe.ts'
import { Prover } from './consensus/proof.ts'
import { QuorumWatch } from './liveness/quorum-watch.ts'
import type { Value } from './consensus/proposal.ts'
import { Rhythm } from './liveness/rhythm.ts'
import { Seat } from './seat.ts'
import type { Decision, Slot } from './consensus/slot.ts'
import { explainWaiting } from './liveness/waiting.ts'
import { Watch } from './liveness/watch.ts'

export interface FormOptions extends AbortOptions {
  /** Whether what is brought is fit for any round, though this peer missed some. */
  readonly enterLate?: boolean | undefined
  /** ms that it may take until there are enough peers. */
  readonly timeoutMs: number
}

/** A call that waits for an attempt. */
interface Call {
  readonly request: RoundRequest
  readonly late: boolean
  readonly result: PromiseWithResolvers<Attempt>
  readonly sinceMs: number
  /** Whether half of its time is over: better a group without those who have not asked than none. */
  isHurried: boolean
}

/**
 * Agreement by quorum. Configurations form a chain: each decision about an
 * attempt, that it counts or that it is tried again, is taken by a quorum of its
 * configuration ({@link Slot}) and names the next one. In a steady round members
 * exchange nothing but data and one vote each.
 *
 * This is what a caller's round goes through: from a seat in a configuration
 * ({@link Seat}), or looking for one ({@link seek}), to an attempt, and on to the
 * next where that fails.
 */
export class QuorumDecider implements Decider {
  /** The rounds that this peer's caller has counted. */
  place: Place = { lineage: '', sequence: 0 }
  /** Why others will have nothing to do with this peer. */
  readonly refusals: Map<PeerId, string> = new Map()
  readonly #init: QuorumDeciderInit
  readonly #peers: Peers
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #seat: Seat
  readonly #chain = new Chain()
  readonly #rhythm = new Rhythm()
  readonly #asking: Asking
  readonly #patience: Patience
  readonly #watch: Watch
  readonly #probe: Probe
  readonly #quorumWatch: QuorumWatch
  #call: Call | undefined
  #attempt: LiveAttempt | undefined
  #lastAttempt: LiveAttempt | undefined
  #lastRequest: RoundRequest | undefined
  #lastAsk: { readonly linked: readonly PeerId[]; readonly message: AskMessage } | undefined
  /** What everybody has been told of the attempt. */
  #beaten: { readonly slot: Slot; readonly patienceOver: boolean } | undefined
  /** A slot that was decided to count, of which this peer's caller may not know. */
  #unclaimed: Slot | undefined
  /** Where it stood when it was cut off: those who stood there with it are its equals. */
  #ancestor: Place | undefined
  #isForking = false
  /** Whether nobody else was in the lineage it has left: without it, that lineage ends. */
  #wasLast = false
  /** Set for a while after a fork: the others who were cut off find it out at other moments. */
  #cancelSettling: (() => void) | undefined
  /** Whether what the caller brings may count already, in a lineage that was left. */
  #isInDoubt = false
  readonly #removed = Promise.withResolvers<void>()
  #stopped: Promise<void> | undefined
  #isEvaluating = false
  #isDirty = false

  constructor(init: QuorumDeciderInit) {
    const { self, run, mesh, clock, hasher, verifier } = init
    const changed = (): void => this.#evaluate()
    this.#init = init
    this.#peers = new Peers(mesh, clock)
    this.#outbox = new Outbox(self, mesh, this.#peers)
    this.#asking = new Asking(clock, this.#outbox, this.#peers, changed)
    this.#patience = new Patience(clock, () => this.#endPatience())
    this.#seat = new Seat({
      decider: init,
      peers: this.#peers,
      outbox: this.#outbox,
      place: () => this.place,
      ancestor: () => this.#ancestor,
      isAwaited: () => this.#isAwaited,
      isAttended: (slot) => this.#attemptIn(slot)?.isHopeful === true,
      pairsOf: (members) => this.#pairsOf(members),
      decided: (slot, decision) => this.#decided(slot, decision)
    })
    this.#watch = new Watch({
      clock,
      mesh,
      peers: this.#peers,
      suspectAfterMs: init.suspectAfterMs,
      attempt: () => this.#attempt,
      needs: (peer) => this.#needs(peer),
      stalled: ({ slot }, reason) =>
        this.#seat.complain(slot, { kind: 'failed', culprit: undefined, reason }),
      beat: (attempt) => this.#beat(attempt),
      changed
    })
    this.#probe = new Probe({
      clock,
      mesh,
      peers: this.#peers,
      intervalMs: this.#watch.intervalMs,
      deadlineOf: (peer) => this.#watch.deadlineOf(peer),
      ask: (peer) => this.#outbox.tellAgain(peer, { ...this.#seat.position(), isQuestion: true }),
      changed
    })
    this.#quorumWatch = new QuorumWatch(init, this.#seat, (slot) => this.#loseQuorum(slot))
    const invitations = new Invitations({
      decider: init,
      seat: this.#seat,
      peers: this.#peers,
      chain: this.#chain,
      place: () => this.place,
      call: () => this.#call,
      isAtWork: () => this.#attempt !== undefined,
      open: (config, origin) => this.#open(config, origin),
      quit: (slot, reason) => this.#quit(slot, { type: 'left', reason }, new Error(reason))
    })
    const prover = new Prover({ run, hasher, mesh, verifier })
    this.#inbox = new Inbox({
      seat: this.#seat,
      peers: this.#peers,
      outbox: this.#outbox,
      chain: this.#chain,
      prover,
      onFound: (peer, message) => invitations.onFound(peer, message),
      onDecided: (peer, message) =>
        prover.checkDecision(message, () => {
          invitations.onDecided(peer, message)
          this.#evaluate()
        }),
      onBeat: (peer, rank, message) => this.#watch.onBeat(peer, rank, message),
      blame: (peer, { message }) => mesh.drop(peer, `malformed control message: ${message}`),
      onLateVote: () => this.#lastAttempt?.evaluate(),
      onLost: (slot) => this.#loseTrack(slot)
    })
  }

  /** Whether the caller's part is done and what becomes of it is not known. */
  get isVoting(): boolean {
    return this.#attempt?.isVoting === true
  }

  get slot(): Slot | undefined {
    return this.#seat.slot
  }

  async form(request: RoundRequest, options: FormOptions): Promise<Attempt> {
    const { run, clock, self, incarnation, arrange } = this.#init
    const { signal, enterLate = false, timeoutMs } = options
    if (this.#stopped !== undefined) throw leftError(run)
    signal?.throwIfAborted()
    // what can be carried out in no group at all is refused before anybody hears of it
    arrange([{ peer: self, incarnation }], request)
    const call: Call = {
      request,
      // or it might count twice
      late: enterLate && !this.#isInDoubt,
      result: Promise.withResolvers(),
      sinceMs: clock.now(),
      isHurried: false
    }
    this.#call = call
    this.#lastRequest = request
    // what did not fit an earlier call may fit this one
    this.#peers.misfits.clear()
    const abort = (): void => this.#fail(asError(signal?.reason))
    signal?.addEventListener('abort', abort)
    const timeout = clock.schedule(timeoutMs, () =>
      this.#fail(this.#isInDoubt ? outcomeUnknown([]) : this.#tooFew(timeoutMs))
    )
    const hurry = clock.schedule(timeoutMs / 2, () => {
      call.isHurried = true
      this.#evaluate()
    })
    this.#patience.start(this.#init.patienceMs ?? this.#rhythm.patienceMs)
    this.#evaluate()
    try {
      return await call.result.promise
    } finally {
      timeout()
      hurry()
      signal?.removeEventListener('abort', abort)
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#leave()
    return this.#stopped
  }

  onUp(peer: PeerId): void {
    const { slot, coordination } = this.#seat
    this.#peers.onUp(peer)
    this.#outbox.startOver()
    this.#outbox.tell(peer, this.#seat.position())
    if (slot !== undefined && this.#seat.rankOf(slot, peer) !== -1) {
      // what it may have missed
      const attempt = this.#attemptIn(slot)
      if (attempt !== undefined && this.#beaten?.slot === slot) this.#enterAt(peer, attempt)
      if (slot.vote !== undefined) this.#outbox.send(peer, slot.vote)
      for (const complaint of slot.complaints.get(slot.rank) ?? []) {
        this.#outbox.send(peer, { type: 'complain', ...slot.ref, ...complaint })
      }
      for (const message of coordination?.repeat() ?? []) this.#outbox.send(peer, message)
    } else if (this.#call !== undefined) this.#asking.askAgainSoon()
    this.#evaluate()
  }

  onDown(peer: PeerId, reason: string): void {
    this.#peers.onDown(peer, reason)
    this.#inbox.forget(peer)
    this.#outbox.forget(peer)
    const attempt = this.#attemptIn(this.slot)
    if (attempt !== undefined && this.#needs(peer)) {
      // frames may be lost; what comes by another link would not be what is next
      const what = `the link with ${peer} broke: ${reason}`
      this.#seat.complain(attempt.slot, { kind: 'lost', culprit: peer, reason: what })
      attempt.doom(new AttemptFailure(what, peer))
    }
    if (this.slot === undefined && this.#call !== undefined) this.#asking.askAgainSoon()
    this.#evaluate()
  }

  onRefused(peer: PeerId, reason: string): void {
    this.refusals.set(peer, reason)
  }

  /** @throws for a malformed message */
  onControl(peer: PeerId, bytes: Uint8Array): void {
    const message = decodeMessage(bytes)
    const wasSilent = this.#peers.onHeard(peer)
    const isNews = this.#inbox.receive(peer, message)
    // who looks for a group goes by whom it has heard
    if (isNews || wasSilent || this.slot === undefined) this.#evaluate()
  }

  /** Peers that are waited for at this moment, and why. */
  awaited(): ReadonlyMap<PeerId, string> {
    if (!this.#isAwaited) return new Map()
    const step = this.#call && seek(this.#seeker(this.#call), this.#peers)
    return explainWaiting(this.#seat, this.#attempt, step)
  }

  /** Looks at everything again, after anything has changed. */
  #evaluate(): void {
    this.#isDirty = true
    if (this.#isEvaluating) return
    this.#isEvaluating = true
    try {
      while (this.#isDirty) {
        this.#isDirty = false
        this.#claim()
        const { slot } = this.#seat
        if (slot === undefined) this.#seek()
        else this.#sit(slot)
        this.#attempt?.evaluate()
      }
    } catch (error) {
      // this peer's own fault, not that of whoever's message led here
      this.#fail(asError(error))
      this.#attempt?.settle({ type: 'unknown', missing: this.#seat.missing() }, asError(error))
    } finally {
      this.#isEvaluating = false
    }
  }

  #sit(slot: Slot): void {
    if (this.#shouldMove(slot)) {
      if (this.#seat.isUnused) return this.#abandon(slot)
      this.#moveOut(slot)
    } else this.#enter(slot)
    this.#seat.coordination?.evaluate()
    this.#seat.tellSize()
    this.#checkRequests(slot)
    this.#quorumWatch.evaluate(this.#isAwaited)
    if (this.#isAwaited && this.#patience.isOver && slot.decision === undefined) {
      this.#probe.start(slot)
    } else this.#probe.stop()
    this.#checkLeaving(slot)
  }

  /**
   * A round that this peer has brought values to, and whose end its caller missed,
   * counts: the caller, who calls again to find out, gets that round's result.
   */
  #claim(): void {
    const call = this.#call
    const slot = this.#unclaimed
    if (call === undefined || slot === undefined || this.#attempt !== undefined) return
    const request = slot.requests.get(slot.rank)
    const isNext = slot.config.sequence === this.place.sequence
    this.#unclaimed = undefined
    if (!isNext || request === undefined || kindOf(request) !== kindOf(call.request)) return
    // its caller has its own values back
    slot.acceptor.held = undefined
    const attempt = this.#createAttempt(slot, request)
    attempt.evaluate()
    this.#begin(call, attempt)
  }

  /** Joins the attempt of the configuration, if a caller is waiting and there are enough. */
  #enter(slot: Slot): void {
    const call = this.#call
    const { config } = slot
    if (call === undefined || slot.decision !== undefined || this.#seat.isSpent) return
    if (config.sequence !== this.place.sequence && !call.late) {
      const other = config.members.find(({ peer }) => peer !== this.#init.self)
      this.#seat.withdraw(slot, 'it missed a round')
      const peer = other?.peer ?? this.#init.self
      return this.#fail(behind(this.place.sequence, config.sequence, peer))
    }
    if (config.members.length < this.#init.minPeers) return this.#considerRival(slot)
    let attempt: LiveAttempt
    try {
      attempt = this.#createAttempt(slot, call.request)
    } catch (error) {
      this.#seat.withdraw(slot, 'it cannot carry out the plan')
      return this.#fail(asError(error))
    }
    slot.entered.add(slot.rank)
    slot.requests.set(slot.rank, call.request)
    slot.plans.set(slot.rank, toHex(planTag(attempt.plan)))
    this.#peers.withdrawn.delete(this.#init.self)
    if (this.#patience.isOver) slot.impatient.add(slot.rank)
    this.#begin(call, attempt)
    this.#watch.start()
  }

  #createAttempt(slot: Slot, request: RoundRequest): LiveAttempt {
    const { hasher, arrange, clock } = this.#init
    const attempt: LiveAttempt = new LiveAttempt({
      plan: derivePlan(slot.config, request, arrange, hasher),
      request,
      slot,
      clock,
      complain: (complaint) => {
        if (complaint.kind === 'withdrawn') this.#seat.withdraw(slot, complaint.reason)
        else this.#seat.complain(slot, complaint)
        this.#evaluate()
      },
      over: (verdict) => this.#over(attempt, verdict)
    })
    return attempt
  }

  #begin(call: Call, attempt: LiveAttempt): void {
    this.#call = undefined
    this.#attempt = attempt
    this.#lastAttempt = attempt
    call.result.resolve(attempt)
  }

  #over(attempt: LiveAttempt, verdict: Verdict | undefined): void {
    if (verdict?.type !== 'retry' && verdict?.type !== 'left') this.#isInDoubt = false
    if (this.#attempt === attempt) {
      this.#attempt = undefined
      this.#watch.stop()
    }
    const isGivenUp = verdict === undefined || verdict.type === 'unknown'
    if (isGivenUp && attempt.slot === this.slot) this.#seat.isSpent = true
    attempt.slot.reconsider()
    if (verdict?.type !== 'commit') return
    const { lineage, sequence } = attempt.plan.id
    this.place = { lineage, sequence: sequence + 1 }
    this.#unclaimed = undefined
    this.#ancestor = undefined
    this.#isForking = false
    this.#patience.end()
  }

  /** In no configuration: looks for a way into one. */
  #seek(): void {
    const call = this.#call
    if (call === undefined || this.#stopped !== undefined) return
    this.#asking.ask(this.#askMessage(call))
    const step = seek(this.#seeker(call), this.#peers)
    if (step.type === 'fail') this.#fail(step.error)
    else if (step.type === 'found') this.#found(step.members)
  }

  #seeker(call: Call): Seeker {
    const { self, incarnation, minPeers } = this.#init
    return {
      self,
      incarnation,
      ask: this.#askMessage(call),
      minPeers,
      sinceMs: call.sinceMs,
      isPatienceOver:
        (this.#patience.isOver || call.isHurried) && this.#cancelSettling === undefined,
      isForking: this.#isForking
    }
  }

  /** The same as before, as long as nothing that it says has changed. */
  #askMessage({ request, late }: Call): AskMessage {
    const founds = this.#mayFound
    const linked = this.#peers.linked()
    const { lineage, sequence } = this.place
    const last = this.#lastAsk
    const isSame =
      last?.linked === linked &&
      last.message.request === request &&
      last.message.late === late &&
      last.message.founds === founds &&
      last.message.lineage === lineage &&
      last.message.sequence === sequence
    if (isSame) return last.message
    const sees = linked.toSorted()
    const what = { lineage, sequence, late, founds, request, sees }
    const message = { type: 'ask', isQuestion: false, ...what } as const
    this.#lastAsk = { linked, message }
    return message
  }

  /** Who was left out of a lineage with rounds behind it must not begin another beside it. */
  get #mayFound(): boolean {
    const isFirst = this.place.lineage === ''
    return isFirst || this.#isForking || this.#wasLast || this.#init.onQuorumLoss === 'fork'
  }

  #found(members: FoundMessage['members']): void {
    const { run, hasher, random } = this.#init
    const { sequence } = this.place
    const nonce = random.fill(new Uint8Array(32))
    const config = foundConfiguration({ run, sequence, previous: nonce, members }, hasher)
    const message: FoundMessage = { type: 'found', sequence, nonce, members }
    for (const { peer } of members) this.#outbox.send(peer, message)
    this.#open(config, message)
  }

  /**
   * Whether another lineage is the one to be in. Who has counted nothing of its own
   * has nothing to lose; others move only if what they bring is fit for any round.
   */
  #shouldMove({ config, acceptor }: Slot): boolean {
    const { isUnused } = this.#seat
    const mayMove = isUnused
      ? acceptor.accepted === undefined
      : this.#call?.late === true && this.#attempt === undefined
    if (!mayMove || !this.#isAwaited) return false
    const isLacking = config.members.length < this.#init.minPeers
    if (isUnused && isLacking && isSomebodyApart(config, this.#ancestor, this.#peers)) return true
    const position = this.#seat.position()
    return isOutdone(position, this.#peers, (peer) =>
      this.#outbox.once(peer, 'where', { ...position, isQuestion: true })
    )
  }

  /** Too few are left of this lineage for a round. */
  #considerRival(slot: Slot): void {
    const error = this.#rivalOf(slot)
    if (error !== undefined) this.#fail(error)
  }

  /** If there are enough in another lineage, that has the state to take over. */
  #rivalOf({ config }: Slot): Error | undefined {
    if (this.place.lineage !== config.lineage) return undefined
    const rival = findRival(config.lineage, this.#init.minPeers, this.#peers)
    return rival && behind(this.place.sequence, rival.sequence, rival.peer)
  }

  /** Whoever brings something else than most, or goes by another plan, fails; the others go on. */
  #checkRequests(slot: Slot): void {
    const attempt = this.#attemptIn(slot)
    if (attempt === undefined || slot.acceptor.held !== undefined) return
    const { requests, plans, rank } = slot
    const { members } = slot.config
    // a rival may turn out to be alone
    if (requests.size < members.length) return
    const kinds = new Map([...requests].map(([of, request]) => [of, kindOf(request)]))
    const rival = rivalOf(rank, kinds) ?? rivalOf(rank, plans)
    const peer = members[rival ?? -1]?.peer
    if (rival === undefined || peer === undefined) return
    const theirs = requests.get(rival) ?? attempt.request
    attempt.doom(
      kinds.get(rival) === kinds.get(rank)
        ? otherPlan(peer, plans.get(rank) ?? '', plans.get(rival) ?? '')
        : mismatch(peer, attempt.request, theirs)
    )
  }

  /** Nothing was counted in the lineage: it is simply left. */
  #abandon(slot: Slot): void {
    const reason = 'there is a better lineage'
    this.#quit(slot, { type: 'left', reason }, new Error(reason))
  }

  /** The others need this peer's vote to go on without it. */
  #moveOut(slot: Slot): void {
    if (!this.#staysSomebody(slot)) {
      this.#wasLast = true
      return this.#abandon(slot)
    }
    this.#peers.leaving.add(this.#init.self)
    this.#seat.complain(slot, { kind: 'leaving', culprit: undefined, reason: 'it moves on' })
  }

  #loseQuorum(slot: Slot): void {
    if (this.slot !== slot || slot.decision !== undefined) return
    const missing = this.#seat.missing()
    const error = this.#rivalOf(slot) ?? quorumLost(slot.config.members.length, missing)
    const left = { type: 'left', reason: error.message } as const
    const attempt = this.#attemptIn(slot)
    if (this.#init.onQuorumLoss === 'fork' || this.#quorumWatch.areAbsentGone()) {
      // the dead train no model of their own
      this.#isForking = true
      this.#ancestor = this.place
      this.#settle()
      this.#quit(slot, left, new Error(error.message))
    } else if (this.#seat.isUnused) {
      // no round of the lineage is lost with it, but the others may count what they were sent
      const hasSent = attempt !== undefined && attempt.progress.offered.size > 0
      if (hasSent) this.#quit(slot, { type: 'unknown', missing }, error)
      else this.#quit(slot, left, new Error(error.message))
    } else if (attempt === undefined) this.#fail(error)
    else attempt.settle({ type: 'unknown', missing }, error)
    this.#evaluate()
  }

  #settle(): void {
    this.#cancelSettling ??= this.#init.clock.schedule(FORK_SETTLE_MS, () => {
      this.#cancelSettling = undefined
      this.#evaluate()
    })
  }

  /** The others are so far ahead that they cannot tell any more what was decided here. */
  #loseTrack(slot: Slot): void {
    const reason = 'the others are far ahead'
    const hasVoted = slot.acceptor.accepted !== undefined
    const verdict: Verdict = hasVoted ? { type: 'unknown', missing: [] } : { type: 'left', reason }
    this.#quit(slot, verdict, new Error(reason))
  }

  /** Leaves a configuration that is undecided, for good: whatever it promised there, it votes no more. */
  #quit(slot: Slot, verdict: Verdict, reason: Error): void {
    const attempt = this.#attemptIn(slot)
    this.#isInDoubt = attempt !== undefined
    this.#seat.complain(slot, { kind: 'quit', culprit: undefined, reason: reason.message })
    this.#close()
    this.#seat.tellPosition()
    attempt?.settle(verdict, reason)
    this.#isDirty = true
  }

  /** A configuration has been agreed: its attempt begins, if this peer is in it. */
  #open(config: Configuration, origin: FoundMessage | DecidedMessage): void {
    this.#probe.stop()
    this.#quorumWatch.stop()
    this.#asking.forget()
    if (this.#stopped === undefined) this.#peers.leaving.delete(this.#init.self)
    this.#wasLast = false
    if (this.#seat.open(config, origin)) this.#inbox.replay()
    else this.#removed.resolve()
    this.#evaluate()
  }

  #close(): void {
    this.#probe.stop()
    this.#quorumWatch.stop()
    this.#asking.forget()
    this.#seat.close()
  }

  #decided(slot: Slot, decision: Decision): void {
    const message = this.#chain.add(slot, decision)
    if (slot !== this.slot) return
    const { value } = decision
    if (value.kind === 'commit') {
      this.#unclaimed = slot.entered.has(slot.rank) ? slot : undefined
      this.#rhythm.note(this.#init.clock.now(), slot.config.attempt === 0)
    }
    if (isInVain(slot, value)) this.#patience.end()
    // whoever did not decide with the others learns it from each of them
    for (const peer of slot.strangersTo(decision)) this.#outbox.send(peer, message)
    const attempt = this.#attempt
    this.#open(value.next, message)
    attempt?.evaluate()
  }

  /**
   * A sign of life goes to those who wait for this peer's segments: they are the ones
   * who complain of silence. That it has joined, and waits no longer, is for everybody.
   */
  #beat(attempt: LiveAttempt): void {
    const { slot } = attempt
    const patienceOver = slot.impatient.has(slot.rank)
    const isNews = this.#beaten?.slot !== slot || this.#beaten.patienceOver !== patienceOver
    this.#beaten = { slot, patienceOver }
    for (const { peer } of slot.config.members) {
      if (isNews || this.#needs(peer)) this.#enterAt(peer, attempt)
    }
  }

  #enterAt(peer: PeerId, { slot, request, plan, progress }: LiveAttempt): void {
    const { done, offered } = progress
    const patienceOver = slot.impatient.has(slot.rank)
    const beat = { done, offered: offered.get(slot.rankOf(peer)) ?? 0, patienceOver }
    const what = { request, plan: planTag(plan) }
    this.#outbox.send(peer, { type: 'enter', ...slot.ref, ...what, ...beat })
  }

  #endPatience(): void {
    const attempt = this.#attempt
    if (attempt !== undefined) {
      attempt.slot.impatient.add(attempt.slot.rank)
      this.#beat(attempt)
    }
    this.#evaluate()
  }

  #fail(error: Error): void {
    const call = this.#call
    if (call === undefined) return
    this.#call = undefined
    this.#isInDoubt = false
    if (this.slot === undefined) {
      const isMisfit = error instanceof RoundError && error.code === 'REQUEST_MISMATCH'
      // the other side may not have heard yet what this one brings
      if (isMisfit) this.#outbox.broadcast(this.#askMessage(call))
      this.#outbox.broadcast({ type: 'withdraw', isMisfit })
    }
    this.#asking.forget()
    this.#patience.end()
    call.result.reject(error)
  }

  async #leave(): Promise<void> {
    const { clock, run, self, mesh } = this.#init
    const { slot } = this.#seat
    this.#fail(leftError(run))
    this.#attempt?.settle({ type: 'unknown', missing: this.#seat.missing() }, leftError(run))
    if (slot !== undefined && slot.config.members.length > 1) {
      this.#seat.complain(slot, { kind: 'leaving', culprit: undefined, reason: 'it leaves' })
      this.#peers.leaving.add(self)
      const cancel = clock.schedule(LEAVE_TIMEOUT_MS, () => this.#removed.resolve())
      this.#evaluate()
      await this.#removed.promise
      cancel()
    }
    this.#watch.stop()
    this.#close()
    this.#patience.end()
    this.#asking.stop()
    this.#cancelSettling?.()
    await mesh.stop()
  }

  /** Who leaves waits until the others go on without it, if there are any. */
  #checkLeaving(slot: Slot): void {
    if (this.#stopped !== undefined && !this.#staysSomebody(slot)) this.#removed.resolve()
  }

  /** Whether another member is there that does not leave as well. */
  #staysSomebody({ config }: Slot): boolean {
    const { coordination } = this.#seat
    return config.members.some(
      ({ peer }, rank) =>
        peer !== this.#init.self &&
        !this.#peers.leaving.has(peer) &&
        coordination?.absence(rank) === undefined
    )
  }

  /** Whether a caller waits for a round. */
  get #isAwaited(): boolean {
    return this.#call !== undefined || this.#attempt !== undefined
  }

  /** The caller's attempt, unless it is about an earlier slot. */
  #attemptIn(slot: Slot | undefined): LiveAttempt | undefined {
    return this.#attempt?.slot === slot ? this.#attempt : undefined
  }

  /** Whether values are exchanged with a peer in the slot's attempt. */
  #needs(peer: PeerId): boolean {
    return this.#seat.coordination?.needs(peer) === true
  }

  #pairsOf(members: readonly PlanMember[]): ReturnType<typeof pairsOf> {
    const request = this.#lastRequest
    return request === undefined ? [] : pairsOf(members, request, this.#init.arrange)
  }

  #tooFew(timeoutMs: number): Error {
    const { minPeers, mesh, self } = this.#init
    const joined = this.slot?.config.members.map(({ peer }) => peer) ?? [
      self,
      ...this.#peers.asks.keys()
    ]
    return notEnoughPeers(minPeers, timeoutMs, joined, mesh.unreachable(), this.refusals)
  }
}

/**
 * Whether an attempt is tried again with those who have not joined, as there would
 * be too few without them: they are waited for as long once more.
 */
function isInVain({ config, entered, impatient }: Slot, { kind, next }: Value): boolean {
  const isWaiting = entered.size < config.members.length
  const isPatienceOver = [...entered].every((rank) => impatient.has(rank))
  return kind === 'retry' && isWaiting && isPatienceOver && haveSameMembers(config, next)
}
