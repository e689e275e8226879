import { asError, type Hasher, type PeerId, type RoundRequest } from '@daa-compute/interface'
import { type Acceptance, Acceptor } from './acceptor.ts'
import { MAX_BALLOT_JUMP, MAX_KEPT_BALLOTS } from '../../constants.ts'
import type { Configuration } from './configuration.ts'
import { Holders } from './holders.ts'
import { sameDigest } from '../wire/digest.ts'
import type {
  Complaint,
  ProposeMessage,
  Report,
  SignedVote,
  SlotRef,
  VoteMessage
} from '../wire/messages.ts'
import { type Proposal, standingProposal, successorOf, type Value, valueOf } from './proposal.ts'
import { Votes } from './votes.ts'

/** What was decided about an attempt. */
export interface Decision {
  readonly ballot: number
  readonly value: Value
  readonly votes: readonly SignedVote[]
}

export interface SlotInit {
  readonly config: Configuration
  /** This peer's rank. */
  readonly rank: number
  readonly hasher: Hasher
  /** Signs a vote of this peer. */
  sign(vote: Omit<VoteMessage, 'signature'>): Promise<Uint8Array> | Uint8Array
  /** Tells every other member. */
  publish(vote: VoteMessage): void
  /** Whether a caller is at work on the attempt, and may yet come to hold its result. */
  isAttended(): boolean
  /** A vote could not be signed: the others have to do without it. */
  cannotVote(error: Error): void
  /** Called once. */
  decided(decision: Decision): void
}

/**
 * The one decision about one attempt, and all that this member knows of it: what
 * it has promised and accepted itself, who has voted, who has joined, and who
 * complains of what.
 */
export class Slot {
  readonly config: Configuration
  readonly rank: number
  readonly acceptor: Acceptor
  /** Ranks known to have joined the attempt. */
  readonly entered: Set<number> = new Set()
  /** Ranks that wait for others no longer. */
  readonly impatient: Set<number> = new Set()
  /** What each rank brings. */
  readonly requests: Map<number, RoundRequest> = new Map()
  /** By which plan each would carry that out: its tag, in hexadecimal. */
  readonly plans: Map<number, string> = new Map()
  /** By rank of the reporter. */
  readonly complaints: Map<number, readonly Complaint[]> = new Map()
  /** Ranks that have left the configuration. */
  readonly quit: Set<number> = new Set()
  decision: Decision | undefined
  /** The highest ballot seen. */
  highest = 0
  readonly #init: SlotInit
  readonly #votes: Votes
  readonly #holders = new Holders()
  readonly #proposals = new Map<number, Proposal>()
  #lastVote: VoteMessage | undefined

  constructor(init: SlotInit) {
    this.#init = init
    this.config = init.config
    this.rank = init.rank
    this.acceptor = new Acceptor(init.config, init.hasher)
    this.#votes = new Votes(init.config.members.length)
    this.#proposals.set(0, standingProposal(init.config))
  }

  /** How messages about this attempt name it. */
  get ref(): SlotRef {
    const { sequence, attempt, digest } = this.config
    return { sequence, attempt, configuration: digest }
  }

  /** A member's rank; -1 for others. */
  rankOf(peer: PeerId): number {
    return this.config.members.findIndex((member) => member.peer === peer)
  }

  /** This member's vote, if it has given one. */
  get vote(): VoteMessage | undefined {
    return this.#lastVote
  }

  /** This member holds the result. */
  hold(digest: Uint8Array): void {
    this.acceptor.held = digest
    this.noteHolder(this.rank, digest)
    this.#accept()
  }

  /** Adds a complaint; says whether it is news. */
  complain(rank: number, complaint: Complaint): boolean {
    const known = this.complaints.get(rank) ?? []
    const { kind, culprit } = complaint
    if (kind === 'quit') this.quit.add(rank)
    const isMember = this.config.members.some(({ peer }) => peer === culprit)
    if (culprit !== undefined && !isMember) return false
    const isKnown = known.some((other) => other.kind === kind && other.culprit === culprit)
    if (!isKnown) this.complaints.set(rank, [...known, complaint])
    return !isKnown
  }

  /** Whether a ballot is a member's own. */
  isBallotOf(rank: number, ballot: number): boolean {
    return (ballot - 1) % this.config.members.length === rank
  }

  /**
   * Whether a ballot is not absurdly far above all that are known: nobody comes near
   * but a liar, or who believed one, and the numbers have an end.
   */
  isWithinReach(ballot: number): boolean {
    return ballot <= this.highest + MAX_BALLOT_JUMP * this.config.members.length
  }

  /** Phase 1: what this member reports when it promises; `undefined` when it refuses. */
  promise(ballot: number, sees: readonly number[]): Report | undefined {
    this.highest = Math.max(this.highest, ballot)
    if (!this.acceptor.promise(ballot)) return undefined
    const { accepted, held } = this.acceptor
    return {
      accepted: accepted && { ballot: accepted.ballot, proposal: accepted.value },
      holds: held,
      entered: this.entered.has(this.rank),
      patienceOver: this.impatient.has(this.rank),
      sees
    }
  }

  /** Phase 2. @returns whether the proposal is not refused */
  propose({ ballot, proposal }: Pick<ProposeMessage, 'ballot' | 'proposal'>): boolean {
    this.highest = Math.max(this.highest, ballot)
    this.#proposals.set(ballot, proposal)
    prune(this.#proposals)
    if (!this.acceptor.open(ballot, proposal)) return false
    this.#accept()
    return true
  }

  /**
   * Counts a vote.
   *
   * @returns `unknown` when it decides for a proposal that this member has not
   * seen: whoever voted can tell
   */
  onVote(rank: number, vote: VoteMessage): 'counted' | 'conflict' | 'unknown' {
    // what its owner has opened counts; a voter may say anything
    if (this.#proposals.has(vote.ballot)) this.highest = Math.max(this.highest, vote.ballot)
    if (vote.result !== undefined) {
      this.entered.add(rank)
      this.noteHolder(rank, vote.result)
    }
    const outcome = this.#votes.add(rank, vote)
    if (outcome !== 'chosen' || this.decision !== undefined) {
      return outcome === 'conflict' ? 'conflict' : 'counted'
    }
    const proposal = this.#proposals.get(vote.ballot)
    if (proposal === undefined) return 'unknown'
    const value = this.valueOf(proposal, vote.result)
    // a quorum has voted for something else than this member was proposed: they can tell
    if (!this.#votes.isFor(vote, value)) return 'unknown'
    this.decide({ ballot: vote.ballot, value, votes: this.#votes.counted(vote.ballot, value) })
    return 'counted'
  }

  /** Whether a member may have voted for this in a ballot, as far as its votes are known. */
  mayHaveVoted(rank: number, ballot: number, proposal: Proposal): boolean {
    return this.#votes.mayBeFor(this.valueOf(proposal, proposal.result), rank, ballot)
  }

  /** Whether members have come to results that differ, so that none of them will do. */
  get isSplit(): boolean {
    return this.#votes.isSplit(this.acceptor.opened)
  }

  /** The votes for a decision that are known by now. */
  votesFor({ ballot, value, votes }: Decision): readonly SignedVote[] {
    const known = new Map(votes.map(({ rank, signature }) => [rank, signature]))
    for (const [rank, signature] of this.#votes.signatures(ballot, value)) {
      known.set(rank, signature)
    }
    return Array.from(known, ([rank, signature]) => ({ rank, signature }))
  }

  /** It is decided, as a quorum of votes shows. */
  decide(decision: Decision): void {
    if (this.decision !== undefined) return
    this.decision = decision
    this.#init.decided(decision)
  }

  /** Whom a decision has to be brought to: who joins by it, and members that did not vote for it. */
  strangersTo({ ballot, value, votes }: Decision): readonly PeerId[] {
    const { members } = this.config
    const joiners = value.members.filter(({ incarnation }) =>
      members.every((member) => member.incarnation !== incarnation)
    )
    const voters = new Set(votes.map(({ rank }) => rank))
    // in ballot 0 everybody votes, and the rest of the votes is on its way
    const others = ballot === 0 ? [] : members.filter((_, rank) => !voters.has(rank))
    return [...joiners, ...others].map(({ peer }) => peer)
  }

  valueOf(proposal: Proposal, result: Uint8Array | undefined): Value {
    return valueOf(proposal, result, successorOf(this.config, proposal, this.#init.hasher))
  }

  noteHolder(rank: number, digest: Uint8Array): void {
    this.#holders.note(rank, digest)
  }

  /** Other members that hold a result. */
  holdersOf(digest: Uint8Array): readonly PeerId[] {
    return [...this.#holders.of(digest)]
      .filter((rank) => rank !== this.rank)
      .map((rank) => this.config.members[rank]?.peer)
      .filter((peer) => peer !== undefined)
  }

  /** Whether every member is known to hold the result. */
  everybodyHolds(digest: Uint8Array): boolean {
    return this.#holders.of(digest).size === this.config.members.length
  }

  /** The result that is about to count, or does, though this member does not hold it. */
  get missing(): Uint8Array | undefined {
    const wanted =
      this.decision === undefined ? this.acceptor.proposal?.result : this.decision.value.result
    const { held } = this.acceptor
    if (wanted === undefined || (held !== undefined && sameDigest(wanted, held))) return undefined
    return wanted
  }

  /** Accepts what it may, after circumstances have changed. */
  reconsider(): void {
    this.#accept()
  }

  /** Whether this member has said that it is in the configuration no more, and so votes no more. */
  get #hasQuit(): boolean {
    return this.quit.has(this.rank)
  }

  #accept(): void {
    if (this.decision !== undefined || this.#hasQuit) return
    const acceptance = this.acceptor.accept(!this.#init.isAttended())
    if (acceptance === undefined) return
    const { ballot, value } = acceptance
    const unsigned = {
      type: 'vote',
      ...this.ref,
      ballot,
      kind: value.kind,
      result: value.result,
      next: value.next.digest
    } as const
    const signature = this.#init.sign(unsigned)
    if (signature instanceof Uint8Array) this.#cast({ ...unsigned, signature }, acceptance)
    else {
      signature.then(
        (bytes) => this.#cast({ ...unsigned, signature: bytes }, acceptance),
        (error: unknown) => this.#init.cannotVote(asError(error))
      )
    }
  }

  #cast(vote: VoteMessage, acceptance: Acceptance): void {
    // a later ballot may have been accepted while this was being signed
    if (this.acceptor.accepted !== acceptance || this.#hasQuit) return
    this.#lastVote = vote
    this.#init.publish(vote)
    this.onVote(this.rank, vote)
  }
}

/** Forgets the lowest ballots: what was chosen in one is chosen in all that follow. */
function prune(ballots: Map<number, unknown>): void {
  while (ballots.size > MAX_KEPT_BALLOTS) ballots.delete(Math.min(...ballots.keys()))
}
