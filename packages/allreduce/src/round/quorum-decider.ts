import type {
  AbortOptions,
  Attempt,
  Clock,
  Decider,
  Hasher,
  PeerId,
  PlanMember,
  Random,
  RoundRequest,
  SignatureVerifier,
  Signer,
  Verdict
} from '@daa-compute/interface'
import { asError } from '../as-error.ts'
import {
  ASK_AGAIN_MS,
  LEAVE_TIMEOUT_MS,
  MAX_BALLOT_JUMP,
  MAX_EARLY_MESSAGES
} from '../constants.ts'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { ballotPaper } from './ballot-paper.ts'
import { Chain, configurationAfter, hasQuorum, type Place, rankOf } from './chain.ts'
import { type Configuration, foundConfiguration, isLater, quorumOf } from './configuration.ts'
import { Coordination } from './coordination.ts'
import { type Arrange, derivePlan, pairsOf } from './derive-plan.ts'
import { toHex } from './digest.ts'
import { leftError, RoundError } from './errors.ts'
import { seek } from './founding.ts'
import { LiveAttempt } from './live-attempt.ts'
import { decodeMessage, encodeMessage } from './message-codec.ts'
import type {
  AskMessage,
  Complaint,
  ControlMessage,
  DecidedMessage,
  EnterMessage,
  FoundMessage,
  PositionMessage,
  SlotMessage,
  VoteMessage
} from './messages.ts'
import { behind, kindOf, mismatch, rivalOf } from './misfits.ts'
import { bestLineage, isBetterLineage, Peers } from './peers.ts'
import { Rhythm } from './rhythm.ts'
import { type Decision, Slot } from './slot.ts'
import type { Joiner } from './succession.ts'
import { Watch } from './watch.ts'

export interface QuorumDeciderInit {
  readonly run: string
  readonly self: PeerId
  readonly incarnation: string
  readonly mesh: Mesh
  readonly clock: Clock
  readonly random: Random
  readonly hasher: Hasher
  readonly signer: Signer | undefined
  readonly verifier: SignatureVerifier | undefined
  readonly minPeers: number
  /** `undefined`: adapted to the run's rhythm. */
  readonly patienceMs: number | undefined
  readonly suspectAfterMs: number | undefined
  readonly quorumLossMs: number
  readonly onQuorumLoss: 'reject' | 'fork'
  /** @throws a typed error when a request cannot be carried out */
  readonly arrange: Arrange
  /** There is another configuration: another lineage, or other members. */
  moved(lineage: string, members: readonly PeerId[]): void
}

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
}

/**
 * Agreement by quorum. Configurations form a chain: each decision about an
 * attempt, that it counts or that it is tried again, is taken by a quorum of its
 * configuration ({@link Slot}) and names the next one. In a steady round members
 * exchange nothing but data and one vote each.
 */
export class QuorumDecider implements Decider {
  /** The rounds that this peer's caller has counted. */
  place: Place = { lineage: '', sequence: 0 }
  readonly #init: QuorumDeciderInit
  readonly #peers: Peers
  readonly #chain = new Chain()
  readonly #rhythm = new Rhythm()
  readonly #watch: Watch
  readonly #early = new Map<PeerId, SlotMessage[]>()
  readonly #answered = new Set<string>()
  readonly #verified = new Set<string>()
  readonly #expired = new Set<PeerId>()
  readonly #refusals = new Map<PeerId, string>()
  #slot: Slot | undefined
  /** What tells a member of the slot that it is one. */
  #origin: FoundMessage | DecidedMessage | undefined
  #previous: Slot | undefined
  /** A slot that was decided to count, of which this peer's caller may not know. */
  #unclaimed: Slot | undefined
  /** The last configuration it was in, of each lineage. */
  readonly #latest = new Map<string, Pick<Configuration, 'sequence' | 'attempt'>>()
  #coordination: Coordination | undefined
  /** Whether this peer has been in the slot's attempt and gave it up. */
  #isSpent = false
  #attempt: LiveAttempt | undefined
  #lastAttempt: LiveAttempt | undefined
  #call: Call | undefined
  #lastRequest: RoundRequest | undefined
  #lastAsk = ''
  /** Where it stood when it was cut off: those who stood there with it are its equals. */
  #ancestor: Place | undefined
  #isForking = false
  /** Whether what the caller brings may count already, in a lineage that was left. */
  #isInDoubt = false
  /** Runs from when this peer's caller first came to wait for the round. */
  #cancelPatience: (() => void) | undefined
  #isPatienceOver = false
  #cancelQuorumLoss: (() => void) | undefined
  #cancelAsk: (() => void) | undefined
  #stopped: Promise<void> | undefined
  #removed = Promise.withResolvers<void>()
  #isEvaluating = false
  #isDirty = false

  constructor(init: QuorumDeciderInit) {
    this.#init = init
    this.#peers = new Peers(init.mesh, init.clock)
    this.#watch = new Watch({
      clock: init.clock,
      mesh: init.mesh,
      peers: this.#peers,
      suspectAfterMs: init.suspectAfterMs,
      attempt: () => this.#attempt,
      stalled: ({ slot }, reason) =>
        this.#complain(slot, { kind: 'failed', culprit: undefined, reason }),
      beat: (attempt) => this.#beat(attempt),
      changed: () => this.#evaluate()
    })
  }

  get slot(): Slot | undefined {
    return this.#slot
  }

  get refusals(): ReadonlyMap<PeerId, string> {
    return this.#refusals
  }

  async form(request: RoundRequest, options: FormOptions): Promise<Attempt> {
    const { run, clock } = this.#init
    const { signal, enterLate = false, timeoutMs } = options
    if (this.#stopped !== undefined) throw leftError(run)
    signal?.throwIfAborted()
    const call: Call = {
      request,
      // or it might count twice
      late: enterLate && !this.#isInDoubt,
      result: Promise.withResolvers()
    }
    this.#call = call
    this.#lastRequest = request
    const abort = (): void => this.#fail(asError(signal?.reason))
    signal?.addEventListener('abort', abort)
    const timeout = clock.schedule(timeoutMs, () => this.#fail(this.#tooFew(timeoutMs)))
    this.#startPatience()
    this.#evaluate()
    try {
      return await call.result.promise
    } finally {
      timeout()
      signal?.removeEventListener('abort', abort)
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#leave()
    return this.#stopped
  }

  async #leave(): Promise<void> {
    const { clock, run } = this.#init
    this.#fail(leftError(run))
    this.#attempt?.settle(
      { type: 'unknown', missing: this.#missing() },
      new RoundError('LEFT', `the run ${run} was left: join it again`, { run })
    )
    if (this.#slot !== undefined && this.#slot.config.members.length > 1) {
      this.#complain(this.#slot, { kind: 'leaving', culprit: undefined, reason: 'it leaves' })
      this.#peers.leaving.add(this.#init.self)
      const cancel = clock.schedule(LEAVE_TIMEOUT_MS, () => this.#removed.resolve())
      this.#evaluate()
      await this.#removed.promise
      cancel()
    }
    this.#watch.stop()
    this.#coordination?.stop()
    this.#coordination = undefined
    this.#slot = undefined
    this.#endPatience()
    this.#cancelQuorumLoss?.()
    this.#cancelAsk?.()
    await this.#init.mesh.stop()
  }

  onUp(peer: PeerId): void {
    this.#peers.onUp(peer)
    this.#answered.clear()
    this.#send(peer, this.#position())
    const slot = this.#slot
    if (slot !== undefined && this.#rankOf(slot, peer) !== -1) {
      if (slot.vote !== undefined) this.#send(peer, slot.vote)
      for (const complaint of slot.complaints.get(slot.rank) ?? []) {
        this.#send(peer, { type: 'complain', ...slot.ref, ...complaint })
      }
      for (const message of this.#coordination?.repeat() ?? []) this.#send(peer, message)
    } else if (this.#call !== undefined && this.#lastAsk !== '') this.#askSoon()
    this.#evaluate()
  }

  onDown(peer: PeerId, reason: string): void {
    this.#peers.onDown(peer, reason)
    this.#early.delete(peer)
    const attempt = this.#attemptIn(this.#slot)
    if (attempt !== undefined && this.#coordination?.needs(peer) === true) {
      // frames may be lost; what comes by another link would not be what is next
      const what = `the link with ${peer} broke: ${reason}`
      this.#complain(attempt.slot, { kind: 'lost', culprit: peer, reason: what })
      attempt.doom(new AttemptFailure(what, peer))
    }
    if (this.#slot === undefined && this.#call !== undefined) this.#askSoon()
    this.#evaluate()
  }

  onRefused(peer: PeerId, reason: string): void {
    this.#refusals.set(peer, reason)
  }

  /** @throws for a malformed message */
  onControl(peer: PeerId, bytes: Uint8Array): void {
    const message = decodeMessage(bytes)
    this.#peers.onHeard(peer)
    this.#receive(peer, message)
    this.#evaluate()
  }

  /** Peers that are waited for at this moment, and why. */
  awaited(): ReadonlyMap<PeerId, string> {
    const awaited = new Map<PeerId, string>()
    const slot = this.#slot
    if (slot === undefined) {
      if (this.#call === undefined) return awaited
      const step = seek(this.#seeker(this.#call), this.#peers)
      const why = 'it has not asked for a round yet'
      if (step.type === 'wait') for (const peer of step.awaited) awaited.set(peer, why)
      return awaited
    }
    if (this.#attempt === undefined && this.#call === undefined) return awaited
    for (const [rank, { peer }] of slot.config.members.entries()) {
      if (rank === slot.rank) continue
      const absence = this.#coordination?.absence(rank)
      if (absence !== undefined) awaited.set(peer, absence)
      else if (!slot.entered.has(rank)) awaited.set(peer, 'it has not joined the round')
      else if (this.#attempt?.isVoting === true && !this.#hasVoted(slot, peer)) {
        awaited.set(peer, 'it has not voted')
      } else if (this.#attempt?.progress.awaited.includes(rank) === true) {
        awaited.set(peer, 'segments of it have not come')
      }
    }
    return awaited
  }

  #hasVoted(slot: Slot, peer: PeerId): boolean {
    const { held } = slot.acceptor
    return held !== undefined && slot.holdersOf(held).includes(peer)
  }

  // --- evaluation -------------------------------------------------------------

  #evaluate(): void {
    if (this.#isEvaluating) {
      this.#isDirty = true
      return
    }
    this.#isEvaluating = true
    try {
      do {
        this.#isDirty = false
        this.#claim()
        const slot = this.#slot
        if (slot === undefined) this.#seek()
        else {
          if (this.#isOutdone(slot)) this.#abandonLineage(slot)
          else this.#enter(slot)
          this.#coordination?.evaluate()
          this.#checkRequests(slot)
          this.#checkQuorum(slot)
          this.#checkLeaving(slot)
        }
        this.#attempt?.evaluate()
      } while (this.#isDirty)
    } finally {
      this.#isEvaluating = false
    }
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
    const { hasher, arrange, clock } = this.#init
    const attempt: LiveAttempt = new LiveAttempt({
      plan: derivePlan(slot.config, request, arrange, hasher),
      request,
      slot,
      clock,
      complain: () => undefined,
      over: (verdict) => this.#over(attempt, verdict)
    })
    this.#call = undefined
    this.#attempt = attempt
    this.#lastAttempt = attempt
    attempt.evaluate()
    call.result.resolve(attempt)
  }

  /** Joins the attempt of the configuration, if a caller is waiting and there are enough. */
  #enter(slot: Slot): void {
    const call = this.#call
    const { config } = slot
    if (call === undefined || slot.decision !== undefined || this.#isSpent) return
    const { sequence } = config
    if (sequence !== this.place.sequence && !call.late) {
      const other = config.members.find(({ peer }) => peer !== this.#init.self)
      this.#withdraw(slot, 'it missed a round')
      this.#fail(behind(this.place.sequence, sequence, other?.peer ?? this.#init.self))
      return
    }
    if (config.members.length < this.#init.minPeers) {
      this.#considerRival(slot)
      return
    }
    const { request } = call
    const { hasher, arrange, clock } = this.#init
    let attempt: LiveAttempt
    try {
      const plan = derivePlan(config, request, arrange, hasher)
      attempt = new LiveAttempt({
        plan,
        request,
        slot,
        clock,
        complain: (complaint) => {
          if (complaint.kind === 'withdrawn') this.#withdraw(slot, complaint.reason)
          else this.#complain(slot, complaint)
          this.#evaluate()
        },
        over: (verdict) => this.#over(attempt, verdict)
      })
    } catch (error) {
      this.#withdraw(slot, 'it cannot carry out the plan')
      this.#fail(asError(error))
      return
    }
    this.#call = undefined
    this.#attempt = attempt
    this.#lastAttempt = attempt
    slot.entered.add(slot.rank)
    slot.requests.set(slot.rank, request)
    this.#peers.withdrawn.delete(this.#init.self)
    if (this.#isPatienceOver) slot.impatient.add(slot.rank)
    this.#watch.start()
    call.result.resolve(attempt)
  }

  /** Too few are left of this lineage: if there are enough in another, that one has the state to take over. */
  #considerRival({ config }: Slot): void {
    const { lineage, sequence } = this.place
    if (lineage !== config.lineage) return
    for (const peer of this.#peers.linked()) {
      const theirs = this.#peers.positions.get(peer)
      if (theirs === undefined || theirs.size < this.#init.minPeers) continue
      if (theirs.lineage === config.lineage) continue
      this.#fail(behind(sequence, theirs.sequence, peer))
      return
    }
  }

  /**
   * Whether another lineage is the one to be in: the larger, then the one with the
   * lower hash. Who has counted nothing of its own has nothing to lose; others
   * move only if what they bring is fit for any round.
   */
  #isOutdone(slot: Slot): boolean {
    const { config, acceptor } = slot
    const isUnused = this.place.lineage !== config.lineage
    const mayMove = isUnused
      ? acceptor.accepted === undefined
      : this.#call?.late === true && this.#attempt === undefined
    if (!mayMove || (this.#call === undefined && this.#attempt === undefined)) return false
    if (isUnused && config.members.length < this.#init.minPeers && this.#isStandingApart(config)) {
      return true
    }
    for (const peer of this.#peers.linked()) {
      const theirs = this.#peers.positions.get(peer)
      if (theirs === undefined || theirs.size === 0 || theirs.lineage === config.lineage) continue
      if (isBetterLineage(theirs, this.#position())) return true
    }
    return false
  }

  /** Whether a peer with rounds behind it looks for a group and finds itself no equal in this one. */
  #isStandingApart(config: Configuration): boolean {
    return [...this.#peers.linked()].some((peer) => {
      const ask = this.#peers.asks.get(peer)
      if (ask === undefined || ask.late || ask.lineage === '') return false
      return ask.sequence >= config.sequence && !this.#isEqual(ask, config)
    })
  }

  #abandonLineage(slot: Slot): void {
    const reason = 'there is a better lineage'
    this.#quit(slot, { type: 'left', reason }, new Error(reason))
  }

  /** Leaves a configuration that is undecided, for good: whatever it promised there, it votes no more. */
  #quit(slot: Slot, verdict: Verdict, reason: Error): void {
    const attempt = this.#attemptIn(slot)
    this.#isInDoubt = attempt !== undefined
    this.#complain(slot, { kind: 'quit', culprit: undefined, reason: reason.message })
    this.#close()
    this.#broadcast(this.#position())
    attempt?.settle(verdict, reason)
    this.#isDirty = true
  }

  #over(attempt: LiveAttempt, verdict: Verdict | undefined): void {
    if (verdict?.type !== 'retry' && verdict?.type !== 'left') this.#isInDoubt = false
    if (this.#attempt === attempt) {
      this.#attempt = undefined
      this.#watch.stop()
    }
    if (verdict === undefined && attempt.slot === this.#slot) this.#isSpent = true
    if (verdict?.type === 'unknown' && attempt.slot === this.#slot) this.#isSpent = true
    attempt.slot.reconsider()
    if (verdict?.type === 'commit') {
      const { lineage, sequence } = attempt.plan.id
      this.place = { lineage, sequence: sequence + 1 }
      this.#unclaimed = undefined
      this.#ancestor = undefined
      this.#isForking = false
      this.#endPatience()
    }
  }

  /** In no configuration: looks for a way into one. */
  #seek(): void {
    const call = this.#call
    if (call === undefined || this.#stopped !== undefined) return
    this.#ask(call)
    const step = seek(this.#seeker(call), this.#peers)
    if (step.type === 'fail') this.#fail(step.error)
    else if (step.type === 'found') this.#found(step.members)
  }

  #seeker(call: Call): Parameters<typeof seek>[0] {
    const { self, incarnation, minPeers, onQuorumLoss } = this.#init
    return {
      self,
      incarnation,
      ask: this.#askMessage(call),
      minPeers,
      isPatienceOver: this.#isPatienceOver,
      isForking: this.#isForking,
      mayFound: this.place.lineage === '' || this.#isForking || onQuorumLoss === 'fork'
    }
  }

  #askMessage({ request, late }: Call): AskMessage {
    return {
      type: 'ask',
      ...this.place,
      late,
      request,
      sees: [...this.#peers.linked()].toSorted()
    }
  }

  /** Tells everybody, unless they know already. */
  #ask(call: Call): void {
    const ask = this.#askMessage(call)
    const lineage = call.late ? bestLineage(this.#peers) : undefined
    const key = JSON.stringify([ask, lineage])
    if (key === this.#lastAsk || this.#cancelAsk !== undefined) return
    this.#lastAsk = key
    for (const peer of [...this.#peers.linked()]) {
      const position = this.#peers.positions.get(peer)
      const isElsewhere =
        position !== undefined && position.size > 0 && position.lineage !== lineage
      this.#send(peer, lineage !== undefined && isElsewhere ? { type: 'withdraw' } : ask)
    }
  }

  /** Links come and go together; one message tells of all of them. */
  #askSoon(): void {
    this.#cancelAsk ??= this.#init.clock.schedule(ASK_AGAIN_MS, () => {
      this.#cancelAsk = undefined
      this.#lastAsk = ''
      this.#evaluate()
    })
  }

  #found(members: FoundMessage['members']): void {
    const { run, hasher, random } = this.#init
    const { sequence } = this.place
    const nonce = random.fill(new Uint8Array(32))
    const config = foundConfiguration({ run, sequence, previous: nonce, members }, hasher)
    const message: FoundMessage = { type: 'found', sequence, nonce, members }
    for (const { peer } of members) this.#send(peer, message)
    this.#open(config, message)
  }

  #checkRequests(slot: Slot): void {
    const attempt = this.#attempt
    if (attempt?.slot !== slot || slot.acceptor.held !== undefined) return
    // a rival may turn out to be alone
    if (slot.requests.size < slot.config.members.length) return
    const rival = rivalOf(attempt.request, slot.requests)
    const theirs = rival === undefined ? undefined : slot.requests.get(rival)
    const peer = rival === undefined ? undefined : slot.config.members[rival]?.peer
    if (theirs === undefined || peer === undefined) return
    attempt.doom(mismatch(peer, attempt.request, theirs))
  }

  /** A quorum that is not there for a while, or does not decide, will not do for who waits. */
  #checkQuorum(slot: Slot): void {
    const { clock, quorumLossMs } = this.#init
    const size = slot.config.members.length
    const there = 1 + (this.#coordination?.sees().length ?? 0)
    const isAwaited = this.#attempt !== undefined || this.#call !== undefined
    const isLacking = there < quorumOf(size) || this.#coordination?.isTroubled === true
    if (!isLacking || !isAwaited || slot.decision !== undefined) {
      this.#cancelQuorumLoss?.()
      this.#cancelQuorumLoss = undefined
      return
    }
    const patience = Math.max(quorumLossMs, 16 * this.#rttMs(slot))
    this.#cancelQuorumLoss ??= clock.schedule(patience, () => {
      this.#cancelQuorumLoss = undefined
      this.#loseQuorum(slot)
    })
  }

  #loseQuorum(slot: Slot): void {
    if (this.#slot !== slot || slot.decision !== undefined) return
    const missing = this.#missing()
    const { onQuorumLoss } = this.#init
    const size = slot.config.members.length
    const quorum = quorumOf(size)
    const error = new RoundError(
      'QUORUM_LOST',
      `${size - missing.length} of the ${size} members answer and ${quorum} have to agree: wait for ${missing.join(', ') || 'them'}, or set \`onQuorumLoss\` to 'fork' to go on without the others`,
      { quorum, size, missing }
    )
    const attempt = this.#attemptIn(slot)
    // the dead train no model of their own
    const absent = [...slot.config.members.keys()].filter(
      (rank) => rank !== slot.rank && this.#coordination?.sees().includes(rank) !== true
    )
    const isCertain =
      absent.length > 0 && absent.every((rank) => this.#coordination?.isRestarted(rank) === true)
    if (onQuorumLoss === 'fork' || isCertain) {
      this.#isForking = true
      this.#ancestor = this.place
      this.#quit(slot, { type: 'left', reason: error.message }, new Error(error.message))
    } else if (this.place.lineage !== slot.config.lineage) {
      // no round of the lineage is lost with it, but the others may count what they were sent
      const left = { type: 'left', reason: error.message } as const
      if (attempt === undefined || attempt.progress.offered.size === 0) {
        this.#quit(slot, left, new Error(error.message))
      } else this.#quit(slot, { type: 'unknown', missing }, error)
    } else if (attempt === undefined) {
      this.#fail(error)
    } else {
      attempt.settle({ type: 'unknown', missing }, error)
    }
    this.#evaluate()
  }

  /** The caller's attempt, unless it is about an earlier slot. */
  #attemptIn(slot: Slot | undefined): LiveAttempt | undefined {
    return this.#attempt?.slot === slot ? this.#attempt : undefined
  }

  #missing(): PeerId[] {
    const slot = this.#slot
    const sees = this.#coordination?.sees() ?? []
    return (slot?.config.members ?? [])
      .filter((_, rank) => rank !== slot?.rank && !sees.includes(rank))
      .map(({ peer }) => peer)
  }

  #checkLeaving(slot: Slot): void {
    if (this.#stopped === undefined) return
    const { self } = this.#init
    const stays = slot.config.members.some(
      ({ peer }, rank) =>
        peer !== self &&
        !this.#peers.leaving.has(peer) &&
        this.#coordination?.absence(rank) === undefined
    )
    if (!stays) this.#removed.resolve()
  }

  #fail(error: Error): void {
    const call = this.#call
    if (call === undefined) return
    this.#call = undefined
    this.#isInDoubt = false
    if (this.#slot === undefined) this.#broadcast({ type: 'withdraw' })
    this.#lastAsk = ''
    this.#endPatience()
    call.result.reject(error)
  }

  // --- slots ------------------------------------------------------------------

  /** A configuration has been agreed: its attempt begins, if this peer is in it. */
  #open(config: Configuration, origin: FoundMessage | DecidedMessage): void {
    const { self, incarnation, run, signer, hasher, clock } = this.#init
    const earlier = this.#slot
    this.#close()
    this.#previous = earlier
    this.#latest.set(config.lineage, config)
    const rank = rankOf(config.members, self, incarnation)
    if (rank === -1) {
      this.#broadcast(this.#position())
      this.#removed.resolve()
      this.#evaluate()
      return
    }
    this.#lastAsk = ''
    const slot: Slot = new Slot({
      config,
      rank,
      hasher,
      sign: (vote) =>
        signer === undefined ? new Uint8Array() : signer.sign(ballotPaper(run, incarnation, vote)),
      publish: (vote) => this.#toMembers(slot, vote),
      isAttended: () => this.#attempt?.slot === slot && this.#attempt.isHopeful,
      decided: (decision) => this.#decided(slot, decision)
    })
    this.#slot = slot
    this.#origin = origin
    this.#isSpent = false
    for (const { peer } of config.members) {
      if (this.#peers.suspects.get(peer)?.kind === 'stalled') this.#peers.suspects.delete(peer)
      if (peer !== self) this.#peers.startOver(peer)
    }
    this.#coordination = new Coordination({
      slot,
      peers: this.#peers,
      clock,
      hasher,
      isAwaited: () => this.#attempt !== undefined || this.#call !== undefined,
      rttMs: () => this.#rttMs(slot),
      pairsOf: (members) => this.#pairsOf(members),
      joiners: () => this.#joiners(slot),
      broadcast: (message) => this.#toMembers(slot, message),
      complain: (complaint) => this.#complain(slot, complaint)
    })
    if (earlier?.config.lineage !== config.lineage || !haveSameMembers(earlier.config, config)) {
      this.#init.moved(
        config.lineage,
        config.members.map(({ peer }) => peer)
      )
    }
    const isNews =
      earlier?.config.lineage !== config.lineage ||
      earlier.config.members.length !== config.members.length
    if (isNews) this.#broadcast(this.#position())
    else for (const peer of this.#peers.asks.keys()) this.#send(peer, this.#position())
    for (const [peer, messages] of [...this.#early]) {
      this.#early.delete(peer)
      for (const message of messages) this.#receive(peer, message)
    }
    this.#evaluate()
  }

  /** A configuration that was left is never entered again: what was promised in it is forgotten. */
  #mayOpen(config: Configuration): boolean {
    const latest = this.#latest.get(config.lineage)
    return latest === undefined || isLater(config, latest)
  }

  /** A member counts on this peer in a configuration that it has left. */
  #tellQuit(peer: PeerId, { sequence, attempt, digest }: Configuration): void {
    const ref = { sequence, attempt, configuration: digest }
    const reason = 'it left the group before'
    this.#send(peer, { type: 'complain', ...ref, kind: 'quit', culprit: undefined, reason })
    this.#send(peer, this.#position())
  }

  /** Leaves the configuration behind, whether it is decided or abandoned. */
  #close(): void {
    this.#coordination?.stop()
    this.#coordination = undefined
    this.#cancelQuorumLoss?.()
    this.#cancelQuorumLoss = undefined
    this.#answered.clear()
    this.#expired.clear()
    this.#slot = undefined
  }

  #decided(slot: Slot, decision: Decision): void {
    const message = this.#chain.add(slot, decision)
    if (slot !== this.#slot) return
    const { value } = decision
    if (value.kind === 'commit') {
      // what they asked for they have
      for (const { peer } of slot.config.members) this.#peers.asks.delete(peer)
      this.#unclaimed = slot.entered.has(slot.rank) ? slot : undefined
      this.#rhythm.note(this.#init.clock.now(), slot.config.attempt === 0)
    }
    // whoever did not decide with the others learns it from each of them
    for (const { peer, incarnation } of value.members) {
      const rank = rankOf(slot.config.members, peer, incarnation)
      if (rank === -1) this.#send(peer, message)
    }
    if (decision.ballot > 0) {
      const voters = new Set(decision.votes.map(({ rank }) => rank))
      for (const [rank, { peer }] of slot.config.members.entries()) {
        if (rank !== slot.rank && !voters.has(rank)) this.#send(peer, message)
      }
    }
    const attempt = this.#attempt
    this.#open(value.next, message)
    attempt?.evaluate()
  }

  // --- messages ---------------------------------------------------------------

  #receive(peer: PeerId, message: ControlMessage): void {
    switch (message.type) {
      case 'ask':
        this.#peers.asks.set(peer, message)
        this.#peers.withdrawn.delete(peer)
        if (this.#slot !== undefined) this.#send(peer, this.#position())
        // it is a member and does not know: what told it so was lost
        if (this.#slot !== undefined && this.#rankOf(this.#slot, peer) !== -1) {
          this.#peers.asks.delete(peer)
          if (this.#origin !== undefined) this.#send(peer, this.#origin)
        }
        break
      case 'withdraw':
        this.#peers.asks.delete(peer)
        this.#peers.withdrawn.add(peer)
        break
      case 'found':
        this.#onFound(peer, message)
        break
      case 'position':
        this.#onPosition(peer, message)
        break
      default:
        this.#onSlotMessage(peer, message)
    }
  }

  #onSlotMessage(peer: PeerId, message: SlotMessage): void {
    const key = toHex(message.configuration)
    const slot = this.#slot
    if (message.type === 'decided') this.#onDecided(peer, key, message)
    else if (slot?.config.key === key) this.#inSlot(slot, peer, message)
    else if (this.#previous?.config.key === key && message.type === 'vote') {
      // it comes after the decision: what remains is that its author holds the result
      const rank = this.#rankOf(this.#previous, peer)
      if (rank !== -1) this.#onVote(this.#previous, rank, peer, message)
      this.#lastAttempt?.evaluate()
    } else if (this.#chain.get(key) !== undefined) this.#answer(peer, key)
    else if (slot === undefined || isLater(message, slot.config)) {
      const early = this.#early.get(peer) ?? []
      early.push(message)
      if (early.length > MAX_EARLY_MESSAGES) early.shift()
      this.#early.set(peer, early)
      if (slot !== undefined)
        this.#once(`query ${peer} ${key}`, peer, { type: 'query', ...slot.ref })
    } else if (message.type === 'query') {
      const { sequence, attempt, configuration } = message
      this.#send(peer, { type: 'expired', sequence, attempt, configuration })
    } else if (message.type !== 'vote' && message.type !== 'promise') {
      this.#once(`position ${peer} ${key}`, peer, this.#position())
    }
  }

  /** Tells a peer that is behind what was decided. */
  #answer(peer: PeerId, key: string): void {
    const decided = this.#chain.get(key)
    if (decided !== undefined) this.#once(`decided ${peer} ${key}`, peer, decided)
  }

  /** Sends something at most once while a configuration lasts. */
  #once(key: string, peer: PeerId, message: ControlMessage): void {
    if (this.#answered.has(key)) return
    this.#answered.add(key)
    this.#send(peer, message)
  }

  #inSlot(slot: Slot, peer: PeerId, message: Exclude<SlotMessage, DecidedMessage>): void {
    const rank = this.#rankOf(slot, peer)
    if (rank === -1) return
    switch (message.type) {
      case 'enter':
        slot.entered.add(rank)
        slot.requests.set(rank, message.request)
        this.#peers.withdrawn.delete(peer)
        if (message.patienceOver) slot.impatient.add(rank)
        this.#watch.onBeat(peer, rank, message)
        break
      case 'complain':
        slot.complain(rank, message)
        if (message.kind === 'withdrawn') this.#peers.withdrawn.add(peer)
        if (message.kind === 'leaving') this.#peers.leaving.add(peer)
        break
      case 'prepare': {
        if (!slot.isBallotOf(rank, message.ballot)) throw new TypeError('a ballot of another')
        const report = slot.promise(message.ballot, this.#coordination?.sees() ?? [])
        const { ballot } = message
        if (report !== undefined)
          this.#send(peer, { type: 'promise', ...slot.ref, ballot, ...report })
        else this.#refuse(slot, peer)
        break
      }
      case 'promise':
        if (message.holds !== undefined) slot.noteHolder(rank, message.holds)
        if (message.entered) slot.entered.add(rank)
        this.#coordination?.onPromise(rank, message)
        break
      case 'refuse':
        if (message.ballot > slot.highest + MAX_BALLOT_JUMP * slot.config.members.length) {
          throw new TypeError('a ballot that nobody has opened')
        }
        this.#coordination?.onRefuse(message.ballot)
        break
      case 'propose':
        if (!slot.isBallotOf(rank, message.ballot)) throw new TypeError('a ballot of another')
        if (!this.#knowsAll(slot, message.proposal.members)) break
        if (!slot.propose(message)) this.#refuse(slot, peer)
        break
      case 'vote':
        this.#onVote(slot, rank, peer, message)
        break
      case 'expired':
        this.#onExpired(slot, peer)
        break
      case 'query':
      // not decided here either, as far as this peer knows
    }
  }

  /** Nobody is voted into a configuration who is not in this one and has no link here. */
  #knowsAll(slot: Slot, members: readonly PlanMember[]): boolean {
    return members.every(
      ({ peer, incarnation }) =>
        rankOf(slot.config.members, peer, incarnation) !== -1 ||
        this.#peers.incarnationOf(peer) === incarnation
    )
  }

  #refuse(slot: Slot, peer: PeerId): void {
    this.#send(peer, { type: 'refuse', ...slot.ref, ballot: slot.acceptor.promised })
  }

  #onVote(slot: Slot, rank: number, peer: PeerId, vote: VoteMessage): void {
    this.#verify(slot, rank, peer, vote)
    const outcome = slot.onVote(rank, vote)
    if (outcome === 'conflict') throw new TypeError('it voted for two things in one ballot')
    if (outcome === 'unknown') this.#send(peer, { type: 'query', ...slot.ref })
  }

  /** The channel says whose vote it is; the signature, once a life, that others can be shown it. */
  #verify(slot: Slot, rank: number, peer: PeerId, vote: VoteMessage): void {
    const { verifier, run, mesh } = this.#init
    const incarnation = slot.config.members[rank]?.incarnation ?? ''
    const life = `${peer}/${incarnation}`
    if (verifier === undefined || this.#verified.has(life)) return
    this.#verified.add(life)
    void verifier
      .verify(peer, ballotPaper(run, incarnation, vote), vote.signature)
      .then((isGood) => {
        if (!isGood) mesh.drop(peer, 'its vote has a bad signature')
      })
  }

  /** The others are so far ahead that they cannot tell any more what was decided here. */
  #onExpired(slot: Slot, peer: PeerId): void {
    this.#expired.add(peer)
    const others = slot.config.members.filter(
      (member) => this.#peers.incarnationOf(member.peer) === member.incarnation
    )
    // a single voice is believed where there is no other
    if (this.#expired.size < Math.min(2, others.length)) return
    const hasVoted = slot.acceptor.accepted !== undefined
    const reason = 'the others are far ahead'
    this.#quit(
      slot,
      hasVoted ? { type: 'unknown', missing: [] } : { type: 'left', reason },
      new Error(reason)
    )
  }

  #onPosition(peer: PeerId, position: PositionMessage): void {
    this.#peers.positions.set(peer, position)
    if (position.size > 0) this.#peers.asks.delete(peer)
    const slot = this.#slot
    const isAhead = slot !== undefined && isLater(position, slot.config)
    if (isAhead && position.lineage === slot.config.lineage) {
      this.#once(`query ${peer} ${position.sequence}/${position.attempt}`, peer, {
        type: 'query',
        ...slot.ref
      })
    }
  }

  #onFound(peer: PeerId, message: FoundMessage): void {
    const { sequence, nonce, members } = message
    const { run, hasher, self, incarnation } = this.#init
    const isIn = rankOf(members, self, incarnation) !== -1
    const isTheirs = members.some((member) => member.peer === peer)
    if (!isIn || !isTheirs) return
    const config = foundConfiguration({ run, sequence, previous: nonce, members }, hasher)
    const slot = this.#slot
    // who founds knows from all asks that its members reach each other
    const isWhole = members.every(
      (member) =>
        member.peer === self || this.#peers.incarnationOf(member.peer) === member.incarnation
    )
    if (!isWhole) return this.#tellQuit(peer, config)
    if (!this.#mayOpen(config)) {
      if (slot?.config.key !== config.key) this.#tellQuit(peer, config)
      return
    }
    if (slot === undefined) {
      const isFit = sequence === this.place.sequence || this.#call?.late === true
      if (this.#call === undefined || !isFit) {
        const ref = { sequence, attempt: 0, configuration: config.digest }
        const reason = 'it wants no part in a round'
        this.#send(peer, {
          type: 'complain',
          ...ref,
          kind: 'withdrawn',
          culprit: undefined,
          reason
        })
        return
      }
      this.#open(config, message)
      return
    }
    const isUnused =
      slot.config.sequence === sequence &&
      this.place.sequence === sequence &&
      slot.config.attempt === 0 &&
      slot.acceptor.accepted === undefined
    if (!isUnused || !isBetter(config, slot.config)) {
      this.#send(peer, this.#position())
      return
    }
    const reason = 'a better group was founded'
    this.#quit(slot, { type: 'left', reason }, new Error(reason))
    this.#open(config, message)
  }

  #onDecided(peer: PeerId, key: string, message: DecidedMessage): void {
    if (!hasQuorum(message)) throw new TypeError('a decision without a quorum')
    if (this.#init.verifier === undefined) this.#learn(peer, key, message)
    else {
      void this.#isProved(message).then((isProved) => {
        if (!isProved) return this.#init.mesh.drop(peer, 'it forged a decision')
        this.#learn(peer, key, message)
        this.#evaluate()
      })
    }
  }

  /** Whether a quorum has signed votes for a decision. */
  async #isProved(message: DecidedMessage): Promise<boolean> {
    const { verifier, run, hasher } = this.#init
    const { voters, votes, ballot, proposal } = message
    const { sequence, attempt, configuration } = message
    const { kind, result } = proposal
    const next = configurationAfter(run, message, hasher).digest
    const checked = await Promise.all(
      votes.map(async ({ rank, signature }) => {
        const voter = voters[rank]
        if (voter === undefined) return false
        const vote = { sequence, attempt, configuration, ballot, kind, result, next }
        const paper = ballotPaper(run, voter.incarnation, vote)
        return (await verifier?.verify(voter.peer, paper, signature)) === true
      })
    )
    const good = new Set(votes.filter((_, i) => checked[i]).map(({ rank }) => rank))
    return good.size >= quorumOf(voters.length)
  }

  #learn(peer: PeerId, key: string, message: DecidedMessage): void {
    const { run, hasher, self, incarnation } = this.#init
    const slot = this.#slot
    if (slot?.config.key === key) {
      const { ballot, proposal, votes } = message
      const { result } = proposal
      if (result !== undefined) for (const { rank } of votes) slot.noteHolder(rank, result)
      slot.decide({ ballot, value: slot.valueOf(proposal, proposal.result), votes })
      return
    }
    if (this.#chain.get(key) !== undefined) return
    const next = configurationAfter(run, message, hasher)
    if (rankOf(next.members, self, incarnation) === -1) return
    if (!this.#mayOpen(next)) {
      if (slot?.config.key !== next.key && !this.#chain.get(next.key)) this.#tellQuit(peer, next)
      return
    }
    if (
      slot !== undefined &&
      (slot.config.lineage === next.lineage || this.#attempt !== undefined)
    ) {
      return
    }
    const best = this.#call?.late === true ? bestLineage(this.#peers) : undefined
    if (best !== undefined && best !== next.lineage) {
      this.#tellQuit(peer, next)
      return
    }
    if (slot === undefined && this.#call === undefined) {
      const { sequence, attempt, digest } = next
      const reason = 'it wants no part in a round'
      this.#send(peer, {
        type: 'complain',
        ...{ sequence, attempt, configuration: digest },
        ...{ kind: 'withdrawn', culprit: undefined, reason }
      })
    }
    if (slot === undefined) this.#open(next, message)
  }

  // --- telling ----------------------------------------------------------------

  #complain(slot: Slot, complaint: Complaint): void {
    if (!slot.complain(slot.rank, complaint)) return
    this.#toMembers(slot, { type: 'complain', ...slot.ref, ...complaint })
  }

  #withdraw(slot: Slot, reason: string): void {
    this.#isSpent = this.#slot === slot
    this.#peers.withdrawn.add(this.#init.self)
    this.#complain(slot, { kind: 'withdrawn', culprit: undefined, reason })
  }

  #beat(attempt: LiveAttempt): void {
    const { slot, request, progress } = attempt
    for (const [rank, { peer }] of slot.config.members.entries()) {
      if (rank === slot.rank) continue
      const beat: EnterMessage = {
        type: 'enter',
        ...slot.ref,
        request,
        done: progress.done,
        offered: progress.offered.get(rank) ?? 0,
        patienceOver: slot.impatient.has(slot.rank)
      }
      this.#send(peer, beat)
    }
  }

  #position(): PositionMessage {
    const config = this.#slot?.config
    return {
      type: 'position',
      lineage: config?.lineage ?? this.place.lineage,
      sequence: config?.sequence ?? this.place.sequence,
      attempt: config?.attempt ?? 0,
      size: config?.members.length ?? 0,
      counted: config !== undefined && config.lineage === this.place.lineage
    }
  }

  #toMembers(slot: Slot, message: ControlMessage): void {
    const bytes = encodeMessage(message)
    for (const [rank, { peer, incarnation }] of slot.config.members.entries()) {
      if (rank === slot.rank || this.#peers.incarnationOf(peer) !== incarnation) continue
      this.#init.mesh.send(peer, bytes)
    }
  }

  #broadcast(message: ControlMessage): void {
    const bytes = encodeMessage(message)
    for (const peer of [...this.#peers.linked()]) this.#init.mesh.send(peer, bytes)
  }

  #send(peer: PeerId, message: ControlMessage): void {
    if (peer !== this.#init.self) this.#init.mesh.send(peer, encodeMessage(message))
  }

  // --- circumstances ----------------------------------------------------------

  /** Who asks to be admitted, and can be. */
  #joiners(slot: Slot): { now: readonly Joiner[]; later: readonly Joiner[] } {
    const now: Joiner[] = []
    const later: Joiner[] = []
    if (this.#peers.asks.size === 0) return { now, later }
    const { config } = slot
    const isIdle = slot.entered.size === 0
    for (const [peer, ask] of this.#peers.asks) {
      const incarnation = this.#peers.incarnationOf(peer)
      if (incarnation === undefined || rankOf(config.members, peer, incarnation) !== -1) continue
      const joiner = { peer, incarnation, sees: new Set(ask.sees) }
      // it will be when its links are made: nobody votes for a stranger
      if (!this.#isSeenByAll(slot, joiner.sees)) continue
      // before the first round nobody has anything to lose
      const isEqual = this.#isEqual(ask, config)
      const isLacking = config.members.length < this.#init.minPeers
      if (isEqual && (isIdle || config.sequence === 0)) now.push(joiner)
      else if (ask.late && isLacking) now.push(joiner)
      else if (ask.late) later.push(joiner)
    }
    return { now, later }
  }

  #isSeenByAll(slot: Slot, sees: ReadonlySet<PeerId>): boolean {
    return slot.config.members.every(({ peer }, rank) =>
      peer === this.#init.self
        ? sees.has(peer)
        : sees.has(peer) || this.#coordination?.sees().includes(rank) !== true
    )
  }

  /** Whether a peer stands where the members do. */
  #isEqual({ lineage, sequence }: Place, config: Configuration): boolean {
    if (sequence !== config.sequence) return false
    const ancestor = this.#ancestor
    return (
      lineage === config.lineage ||
      (lineage === '' && sequence === 0) ||
      (lineage === ancestor?.lineage && sequence === ancestor.sequence)
    )
  }

  #pairsOf(members: readonly PlanMember[]): ReturnType<typeof pairsOf> {
    const request = this.#lastRequest
    return request === undefined ? [] : pairsOf(members, request, this.#init.arrange)
  }

  #rankOf(slot: Slot, peer: PeerId): number {
    return rankOf(slot.config.members, peer, this.#peers.incarnationOf(peer))
  }

  #rttMs(slot: Slot): number {
    let longest = 0
    for (const { peer } of slot.config.members) {
      longest = Math.max(longest, this.#init.mesh.get(peer)?.rttMs ?? 0)
    }
    return longest
  }

  #startPatience(): void {
    if (this.#cancelPatience !== undefined) return
    const patienceMs = this.#init.patienceMs ?? this.#rhythm.patienceMs
    this.#cancelPatience = this.#init.clock.schedule(patienceMs, () => {
      this.#isPatienceOver = true
      const attempt = this.#attempt
      if (attempt !== undefined) {
        attempt.slot.impatient.add(attempt.slot.rank)
        this.#beat(attempt)
      }
      this.#evaluate()
    })
  }

  #endPatience(): void {
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
    this.#isPatienceOver = false
  }

  #tooFew(timeoutMs: number): RoundError {
    const { minPeers, mesh, self } = this.#init
    const slot = this.#slot
    const joined = slot?.config.members.map(({ peer }) => peer) ?? [
      self,
      ...this.#peers.asks.keys()
    ]
    const unreachable = Object.fromEntries(mesh.unreachable())
    const reasons = [...Object.entries(unreachable), ...this.#refusals]
    const known = reasons.map(([peer, why]) => `${peer}: ${why}`).join('; ')
    return new RoundError(
      'NOT_ENOUGH_PEERS',
      `no group of ${minPeers} formed in ${Math.round(timeoutMs)} ms, ${joined.length} joined${known === '' ? '' : ` (${known})`}: start more peers, check that they reach each other, or lower minPeers`,
      {
        needed: minPeers,
        joined: [...joined].toSorted(),
        unreachable,
        refusals: Object.fromEntries(this.#refusals)
      }
    )
  }
}

function haveSameMembers(a: Configuration, b: Configuration): boolean {
  return (
    a.members.length === b.members.length &&
    a.members.every(({ incarnation }, rank) => incarnation === b.members[rank]?.incarnation)
  )
}

/** Of two first configurations: the larger, then the one with the lower hash. */
function isBetter(a: Configuration, b: Configuration): boolean {
  if (a.members.length !== b.members.length) return a.members.length > b.members.length
  return a.lineage < b.lineage
}
