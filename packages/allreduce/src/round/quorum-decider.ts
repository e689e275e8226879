import {
  asError,
  type Attempt,
  type Decider,
  type PeerId,
  type RoundRequest
} from '@daa-compute/interface'
import { LEAVE_TIMEOUT_MS } from '../constants.ts'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import type { Place } from './consensus/chain.ts'
import { type Configuration, haveSameMembers } from './consensus/configuration.ts'
import type { Value } from './consensus/proposal.ts'
import type { Decision, Slot } from './consensus/slot.ts'
import type { QuorumDeciderInit } from './decider-init.ts'
import { createParts, type DeciderParts } from './decider-parts.ts'
import { leftError } from './errors.ts'
import type { FormOptions } from './forming.ts'
import { explainWaiting } from './liveness/waiting.ts'
import { misfitIn } from './membership/misfits.ts'
import { decodeMessage } from './wire/message-codec.ts'
import type { DecidedMessage, FoundMessage } from './wire/messages.ts'

/**
 * Agreement by quorum. Configurations form a chain: each decision about an
 * attempt, that it counts or that it is tried again, is taken by a quorum of its
 * configuration ({@link Slot}) and names the next one. In a steady round members
 * exchange nothing but data and one vote each.
 *
 * This is what a caller's round goes through: from a seat in a configuration
 * (`Seat`), or looking for one (`Seeking`), to an attempt, and on to the next where
 * that fails. Its parts know each other ({@link createParts}); it knows the order.
 */
export class QuorumDecider implements Decider {
  readonly #init: QuorumDeciderInit
  readonly #parts: DeciderParts
  readonly #removed = Promise.withResolvers<void>()
  #stopped: Promise<void> | undefined
  /** Whether it has left: what is proved only now, or has been on its way, begins nothing more. */
  #isOver = false
  #isEvaluating = false
  #isDirty = false

  constructor(init: QuorumDeciderInit) {
    this.#init = init
    this.#parts = createParts(init, {
      changed: () => this.#evaluate(),
      open: (config, origin) => this.#open(config, origin),
      close: () => this.#close(),
      decided: (slot, decision) => this.#decided(slot, decision),
      endPatience: () => this.#endPatience()
    })
  }

  /** The rounds that this peer's caller has counted. */
  get place(): Place {
    return this.#parts.caller.place
  }

  /** Whether the caller's part is done and what becomes of it is not known. */
  get isVoting(): boolean {
    return this.#parts.caller.attempt?.isVoting === true
  }

  /** Whether what the caller brings may count already, in a lineage that was left. */
  get isInDoubt(): boolean {
    return this.#parts.caller.isInDoubt
  }

  get slot(): Slot | undefined {
    return this.#parts.seat.slot
  }

  form(request: RoundRequest, options: FormOptions): Promise<Attempt> {
    if (this.#stopped !== undefined) return Promise.reject(leftError(this.#init.run))
    return this.#parts.forming.form(request, options)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#leave()
    return this.#stopped
  }

  onUp(peer: PeerId): void {
    const { peers, outbox, seat, seeking, beats, caller } = this.#parts
    const { slot, coordination } = seat
    peers.onUp(peer)
    outbox.startOver()
    outbox.tell(peer, seat.position())
    if (slot !== undefined && seat.rankOf(slot, peer) !== -1) {
      // what it may have missed
      const attempt = caller.attemptIn(slot)
      if (attempt !== undefined) beats.repeat(peer, attempt)
      if (slot.vote !== undefined) outbox.send(peer, slot.vote)
      for (const complaint of slot.complaints.get(slot.rank) ?? []) {
        outbox.send(peer, { type: 'complain', ...slot.ref, ...complaint })
      }
      for (const message of coordination?.repeat() ?? []) outbox.send(peer, message)
    } else if (caller.call !== undefined) seeking.askAgainSoon()
    this.#evaluate()
  }

  onDown(peer: PeerId, reason: string): void {
    const { peers, outbox, inbox, seat, seeking, caller } = this.#parts
    peers.onDown(peer, reason)
    inbox.forget(peer)
    outbox.forget(peer)
    const attempt = caller.attemptIn(this.slot)
    if (attempt !== undefined && seat.coordination?.needs(peer) === true) {
      // frames may be lost; what comes by another link would not be what is next
      const what = `the link with ${peer} broke: ${reason}`
      seat.complain(attempt.slot, { kind: 'lost', culprit: peer, reason: what })
      attempt.doom(new AttemptFailure(what, peer))
    }
    if (this.slot === undefined && caller.call !== undefined) seeking.askAgainSoon()
    this.#evaluate()
  }

  onRefused(peer: PeerId, reason: string): void {
    this.#parts.peers.refusals.set(peer, reason)
  }

  /** @throws for a malformed message */
  onControl(peer: PeerId, bytes: Uint8Array): void {
    const { peers, inbox } = this.#parts
    const message = decodeMessage(bytes)
    const wasSilent = peers.onHeard(peer)
    const isNews = inbox.receive(peer, message)
    // who looks for a group goes by whom it has heard
    if (isNews || wasSilent || this.slot === undefined) this.#evaluate()
  }

  /** Peers that are waited for at this moment, and why. */
  awaited(): ReadonlyMap<PeerId, string> {
    const { seat, seeking, caller } = this.#parts
    const { call, attempt, isAwaited } = caller
    if (!isAwaited) return new Map()
    return explainWaiting(seat, attempt, call && seeking.step(call))
  }

  /** Looks at everything again, after anything has changed. */
  #evaluate(): void {
    const { seat, seeking, joining, caller, forming } = this.#parts
    this.#isDirty = true
    if (this.#isEvaluating || this.#isOver) return
    this.#isEvaluating = true
    try {
      while (this.#isDirty) {
        this.#isDirty = false
        joining.claim()
        const { slot } = seat
        const { call } = caller
        if (slot !== undefined) this.#sit(slot)
        else if (call !== undefined && this.#stopped === undefined) seeking.look(call)
        caller.attempt?.evaluate()
      }
    } catch (error) {
      // this peer's own fault, not that of whoever's message led here
      forming.fail(asError(error))
      caller.attempt?.settle({ type: 'unknown', missing: seat.missing() }, asError(error))
    } finally {
      this.#isEvaluating = false
    }
  }

  #sit(slot: Slot): void {
    const { seat, moving, joining, patience, probe, quorumWatch, caller } = this.#parts
    if (moving.shouldMove(slot)) {
      moving.moveOut(slot)
      if (this.slot !== slot) return
    } else {
      moving.considerYielding(slot)
      joining.enter(slot)
    }
    seat.coordination?.evaluate()
    seat.tellSize()
    this.#checkFit(slot)
    const { isAwaited } = caller
    quorumWatch.evaluate(isAwaited)
    const isTroubled = seat.coordination?.troubledSinceMs !== undefined
    const isWaitedInVain = patience.isOver || isTroubled
    if (isAwaited && isWaitedInVain && slot.decision === undefined) probe.start(slot)
    else probe.stop()
    // who leaves waits until the others go on without it, if there are any
    if (this.#stopped !== undefined && !moving.staysSomebody(slot)) this.#removed.resolve()
  }

  /** Whoever brings something else than most, or goes by another plan, fails; the others go on. */
  #checkFit(slot: Slot): void {
    const attempt = this.#parts.caller.attemptIn(slot)
    if (attempt === undefined || slot.acceptor.held !== undefined) return
    const misfit = misfitIn(slot)
    if (misfit !== undefined) attempt.doom(misfit)
  }

  /** A configuration has been agreed: its attempt begins, if this peer is in it. */
  #open(config: Configuration, origin: FoundMessage | DecidedMessage): void {
    const { peers, inbox, seat, seeking, moving, probe, quorumWatch, forming } = this.#parts
    if (this.#isOver) return
    const isAdmitted = origin.type === 'decided' && this.slot?.config.lineage !== config.lineage
    probe.stop()
    quorumWatch.stop()
    seeking.forget()
    if (this.#stopped === undefined) peers.leaving.delete(this.#init.self)
    const isMember = seat.open(config, origin)
    moving.onOpened()
    if (isMember) {
      if (isAdmitted) forming.onAdmitted()
      inbox.replay()
    } else {
      this.#init.unseated()
      this.#removed.resolve()
    }
    this.#evaluate()
  }

  #close(): void {
    const { seat, seeking, probe, quorumWatch } = this.#parts
    probe.stop()
    quorumWatch.stop()
    seeking.forget()
    seat.close()
    this.#init.unseated()
  }

  #decided(slot: Slot, decision: Decision): void {
    const { outbox, chain, joining, patience, rhythm, caller } = this.#parts
    const message = chain.add(slot, decision)
    if (slot !== this.slot) return
    const { value } = decision
    if (value.kind === 'commit') {
      joining.onCounted(slot)
      rhythm.note(this.#init.clock.now(), slot.config.attempt === 0)
    }
    if (isInVain(slot, value)) patience.end()
    // whoever did not decide with the others learns it from each of them
    for (const peer of slot.strangersTo(decision)) outbox.send(peer, message)
    const attempt = caller.attempt
    this.#open(value.next, message)
    attempt?.evaluate()
  }

  #endPatience(): void {
    const { beats, caller } = this.#parts
    const attempt = caller.attempt
    if (attempt !== undefined) {
      attempt.slot.impatient.add(attempt.slot.rank)
      beats.give(attempt)
    }
    this.#evaluate()
  }

  async #leave(): Promise<void> {
    const { peers, seat, seeking, moving, patience, watch, caller, forming } = this.#parts
    const { clock, run, self, mesh } = this.#init
    const { slot } = seat
    forming.fail(leftError(run))
    caller.attempt?.settle({ type: 'unknown', missing: seat.missing() }, leftError(run))
    if (slot !== undefined && slot.config.members.length > 1) {
      seat.complain(slot, { kind: 'leaving', culprit: undefined, reason: 'it leaves' })
      peers.leaving.add(self)
      const cancel = clock.schedule(LEAVE_TIMEOUT_MS, () => this.#removed.resolve())
      this.#evaluate()
      await this.#removed.promise
      cancel()
    }
    this.#isOver = true
    watch.stop()
    this.#close()
    patience.end()
    seeking.stop()
    moving.stop()
    await mesh.stop()
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
