import type {
  AbortOptions,
  Attempt,
  Decider,
  PeerId,
  PlanMember,
  RoundRequest
} from '@daa-compute/interface'
import { asError } from '../as-error.ts'
import { LEAVE_TIMEOUT_MS } from '../constants.ts'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import { Beats } from './attempt/beats.ts'
import { pairsOf } from './attempt/derive-plan.ts'
import { Joining } from './attempt/joining.ts'
import { type Call, Caller } from './caller.ts'
import { Chain, type Place } from './consensus/chain.ts'
import { type Configuration, haveSameMembers } from './consensus/configuration.ts'
import { Prover } from './consensus/proof.ts'
import type { Value } from './consensus/proposal.ts'
import type { Decision, Slot } from './consensus/slot.ts'
import type { QuorumDeciderInit } from './decider-init.ts'
import { leftError, notEnoughPeers, outcomeUnknown, RoundError } from './errors.ts'
import { Patience } from './liveness/patience.ts'
import { Probe } from './liveness/probe.ts'
import { QuorumWatch } from './liveness/quorum-watch.ts'
import { Rhythm } from './liveness/rhythm.ts'
import { explainWaiting } from './liveness/waiting.ts'
import { Watch } from './liveness/watch.ts'
import { Invitations } from './membership/invitations.ts'
import { misfitIn } from './membership/misfits.ts'
import { Moving } from './membership/moving.ts'
import { Peers } from './membership/peers.ts'
import { Seeking } from './membership/seeking.ts'
import { Seat } from './seat.ts'
import { Inbox } from './wire/inbox.ts'
import { decodeMessage } from './wire/message-codec.ts'
import type { DecidedMessage, FoundMessage } from './wire/messages.ts'
import { Outbox } from './wire/outbox.ts'

export interface FormOptions extends AbortOptions {
  /** Whether what is brought is fit for any round, though this peer missed some. */
  readonly enterLate?: boolean | undefined
  /** ms that it may take until there are enough peers. */
  readonly timeoutMs: number
}

/**
 * Agreement by quorum. Configurations form a chain: each decision about an
 * attempt, that it counts or that it is tried again, is taken by a quorum of its
 * configuration ({@link Slot}) and names the next one. In a steady round members
 * exchange nothing but data and one vote each.
 *
 * This is what a caller's round goes through: from a seat in a configuration
 * ({@link Seat}), or looking for one ({@link Seeking}), to an attempt, and on to the
 * next where that fails.
 */
export class QuorumDecider implements Decider {
  /** Why others will have nothing to do with this peer. */
  readonly refusals: Map<PeerId, string> = new Map()
  readonly #init: QuorumDeciderInit
  readonly #peers: Peers
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #seat: Seat
  readonly #chain = new Chain()
  readonly #rhythm = new Rhythm()
  readonly #caller = new Caller()
  readonly #seeking: Seeking
  readonly #moving: Moving
  readonly #joining: Joining
  readonly #beats: Beats
  readonly #patience: Patience
  readonly #watch: Watch
  readonly #probe: Probe
  readonly #quorumWatch: QuorumWatch
  #lastRequest: RoundRequest | undefined
  readonly #removed = Promise.withResolvers<void>()
  #stopped: Promise<void> | undefined
  /** Whether it has left: what is proved only now, or has been on its way, begins nothing more. */
  #isOver = false
  #isEvaluating = false
  #isDirty = false

  constructor(init: QuorumDeciderInit) {
    const { self, run, mesh, clock, hasher, verifier } = init
    const changed = (): void => this.#evaluate()
    this.#init = init
    this.#peers = new Peers(mesh, clock)
    this.#outbox = new Outbox(self, mesh, this.#peers)
    this.#patience = new Patience(clock, () => this.#endPatience())
    this.#seat = new Seat({
      decider: init,
      peers: this.#peers,
      outbox: this.#outbox,
      place: () => this.place,
      ancestor: () => this.#moving.ancestor,
      isAwaited: () => this.#caller.isAwaited,
      isAttended: (slot) => this.#caller.attemptIn(slot)?.isHopeful === true,
      pairsOf: (members) => this.#pairsOf(members),
      decided: (slot, decision) => this.#decided(slot, decision)
    })
    this.#moving = new Moving({
      decider: init,
      seat: this.#seat,
      peers: this.#peers,
      outbox: this.#outbox,
      caller: this.#caller,
      areAbsentGone: () => this.#quorumWatch.areAbsentGone(3 * this.#watch.intervalMs),
      fail: (error) => this.#fail(error),
      close: () => this.#close(),
      changed
    })
    this.#seeking = new Seeking({
      decider: init,
      peers: this.#peers,
      outbox: this.#outbox,
      caller: this.#caller,
      moving: this.#moving,
      isPatienceOver: () => this.#patience.isOver,
      open: (config, origin) => this.#open(config, origin),
      fail: (error) => this.#fail(error),
      changed
    })
    const needs = (peer: PeerId): boolean => this.#seat.coordination?.needs(peer) === true
    this.#beats = new Beats(this.#outbox, needs)
    this.#watch = new Watch({
      clock,
      mesh,
      peers: this.#peers,
      suspectAfterMs: init.suspectAfterMs,
      attempt: () => this.#caller.attempt,
      needs,
      stalled: ({ slot }, reason) =>
        this.#seat.complain(slot, { kind: 'failed', culprit: undefined, reason }),
      beat: (attempt) => this.#beats.give(attempt),
      changed
    })
    this.#joining = new Joining({
      decider: init,
      caller: this.#caller,
      seat: this.#seat,
      peers: this.#peers,
      moving: this.#moving,
      patience: this.#patience,
      watch: this.#watch,
      fail: (error) => this.#fail(error),
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
    this.#quorumWatch = new QuorumWatch(init, this.#seat, (slot) => this.#moving.loseQuorum(slot))
    const invitations = new Invitations({
      decider: init,
      seat: this.#seat,
      peers: this.#peers,
      chain: this.#chain,
      place: () => this.place,
      call: () => this.#caller.call,
      isAtWork: () => this.#caller.attempt !== undefined,
      open: (config, origin) => this.#open(config, origin),
      quit: (slot, reason) => this.#moving.quit(slot, { type: 'left', reason }, new Error(reason))
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
      onLateVote: () => this.#joining.onLateVote(),
      onLost: (slot) => this.#moving.loseTrack(slot)
    })
  }

  /** The rounds that this peer's caller has counted. */
  get place(): Place {
    return this.#caller.place
  }

  /** Whether the caller's part is done and what becomes of it is not known. */
  get isVoting(): boolean {
    return this.#caller.attempt?.isVoting === true
  }

  /** Whether what the caller brings may count already, in a lineage that was left. */
  get isInDoubt(): boolean {
    return this.#caller.isInDoubt
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
      late: enterLate && !this.#caller.isInDoubt,
      result: Promise.withResolvers(),
      sinceMs: clock.now(),
      isHurried: false
    }
    this.#caller.call = call
    this.#lastRequest = request
    // what did not fit an earlier call may fit this one
    this.#peers.misfits.clear()
    const abort = (): void => this.#fail(asError(signal?.reason))
    signal?.addEventListener('abort', abort)
    const timeout = clock.schedule(timeoutMs, () =>
      this.#fail(this.#caller.isInDoubt ? outcomeUnknown([]) : this.#tooFew(timeoutMs))
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
      const attempt = this.#caller.attemptIn(slot)
      if (attempt !== undefined) this.#beats.repeat(peer, attempt)
      if (slot.vote !== undefined) this.#outbox.send(peer, slot.vote)
      for (const complaint of slot.complaints.get(slot.rank) ?? []) {
        this.#outbox.send(peer, { type: 'complain', ...slot.ref, ...complaint })
      }
      for (const message of coordination?.repeat() ?? []) this.#outbox.send(peer, message)
    } else if (this.#caller.call !== undefined) this.#seeking.askAgainSoon()
    this.#evaluate()
  }

  onDown(peer: PeerId, reason: string): void {
    this.#peers.onDown(peer, reason)
    this.#inbox.forget(peer)
    this.#outbox.forget(peer)
    const attempt = this.#caller.attemptIn(this.slot)
    if (attempt !== undefined && this.#seat.coordination?.needs(peer) === true) {
      // frames may be lost; what comes by another link would not be what is next
      const what = `the link with ${peer} broke: ${reason}`
      this.#seat.complain(attempt.slot, { kind: 'lost', culprit: peer, reason: what })
      attempt.doom(new AttemptFailure(what, peer))
    }
    if (this.slot === undefined && this.#caller.call !== undefined) this.#seeking.askAgainSoon()
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
    const { call, attempt, isAwaited } = this.#caller
    if (!isAwaited) return new Map()
    return explainWaiting(this.#seat, attempt, call && this.#seeking.step(call))
  }

  /** Looks at everything again, after anything has changed. */
  #evaluate(): void {
    this.#isDirty = true
    if (this.#isEvaluating || this.#isOver) return
    this.#isEvaluating = true
    try {
      while (this.#isDirty) {
        this.#isDirty = false
        this.#joining.claim()
        const { slot } = this.#seat
        const { call } = this.#caller
        if (slot !== undefined) this.#sit(slot)
        else if (call !== undefined && this.#stopped === undefined) this.#seeking.look(call)
        this.#caller.attempt?.evaluate()
      }
    } catch (error) {
      // this peer's own fault, not that of whoever's message led here
      this.#fail(asError(error))
      this.#caller.attempt?.settle(
        { type: 'unknown', missing: this.#seat.missing() },
        asError(error)
      )
    } finally {
      this.#isEvaluating = false
    }
  }

  #sit(slot: Slot): void {
    if (this.#moving.shouldMove(slot)) {
      this.#moving.moveOut(slot)
      if (this.slot !== slot) return
    } else this.#joining.enter(slot)
    this.#seat.coordination?.evaluate()
    this.#seat.tellSize()
    this.#checkFit(slot)
    const { isAwaited } = this.#caller
    this.#quorumWatch.evaluate(isAwaited)
    const isTroubled = this.#seat.coordination?.troubledSinceMs !== undefined
    const isWaitedInVain = this.#patience.isOver || isTroubled
    if (isAwaited && isWaitedInVain && slot.decision === undefined) this.#probe.start(slot)
    else this.#probe.stop()
    // who leaves waits until the others go on without it, if there are any
    if (this.#stopped !== undefined && !this.#moving.staysSomebody(slot)) this.#removed.resolve()
  }

  /** Whoever brings something else than most, or goes by another plan, fails; the others go on. */
  #checkFit(slot: Slot): void {
    const attempt = this.#caller.attemptIn(slot)
    if (attempt === undefined || slot.acceptor.held !== undefined) return
    const misfit = misfitIn(slot)
    if (misfit !== undefined) attempt.doom(misfit)
  }

  /** A configuration has been agreed: its attempt begins, if this peer is in it. */
  #open(config: Configuration, origin: FoundMessage | DecidedMessage): void {
    if (this.#isOver) return
    this.#probe.stop()
    this.#quorumWatch.stop()
    this.#seeking.forget()
    if (this.#stopped === undefined) this.#peers.leaving.delete(this.#init.self)
    this.#moving.onOpened()
    if (this.#seat.open(config, origin)) this.#inbox.replay()
    else {
      this.#init.unseated()
      this.#removed.resolve()
    }
    this.#evaluate()
  }

  #close(): void {
    this.#probe.stop()
    this.#quorumWatch.stop()
    this.#seeking.forget()
    this.#seat.close()
    this.#init.unseated()
  }

  #decided(slot: Slot, decision: Decision): void {
    const message = this.#chain.add(slot, decision)
    if (slot !== this.slot) return
    const { value } = decision
    if (value.kind === 'commit') {
      this.#joining.onCounted(slot)
      this.#rhythm.note(this.#init.clock.now(), slot.config.attempt === 0)
    }
    if (isInVain(slot, value)) this.#patience.end()
    // whoever did not decide with the others learns it from each of them
    for (const peer of slot.strangersTo(decision)) this.#outbox.send(peer, message)
    const attempt = this.#caller.attempt
    this.#open(value.next, message)
    attempt?.evaluate()
  }

  #endPatience(): void {
    const attempt = this.#caller.attempt
    if (attempt !== undefined) {
      attempt.slot.impatient.add(attempt.slot.rank)
      this.#beats.give(attempt)
    }
    this.#evaluate()
  }

  #fail(error: Error): void {
    const call = this.#caller.call
    if (call === undefined) return
    this.#caller.call = undefined
    this.#caller.isInDoubt = false
    if (this.slot === undefined) {
      const isMisfit = error instanceof RoundError && error.code === 'REQUEST_MISMATCH'
      // the other side may not have heard yet what this one brings
      if (isMisfit) this.#outbox.broadcast(this.#seeking.message(call))
      this.#outbox.broadcast({ type: 'withdraw', isMisfit })
    }
    this.#seeking.forget()
    this.#patience.end()
    call.result.reject(error)
  }

  async #leave(): Promise<void> {
    const { clock, run, self, mesh } = this.#init
    const { slot } = this.#seat
    this.#fail(leftError(run))
    this.#caller.attempt?.settle({ type: 'unknown', missing: this.#seat.missing() }, leftError(run))
    if (slot !== undefined && slot.config.members.length > 1) {
      this.#seat.complain(slot, { kind: 'leaving', culprit: undefined, reason: 'it leaves' })
      this.#peers.leaving.add(self)
      const cancel = clock.schedule(LEAVE_TIMEOUT_MS, () => this.#removed.resolve())
      this.#evaluate()
      await this.#removed.promise
      cancel()
    }
    this.#isOver = true
    this.#watch.stop()
    this.#close()
    this.#patience.end()
    this.#seeking.stop()
    this.#moving.stop()
    await mesh.stop()
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
