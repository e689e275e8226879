import type {
  AttemptId,
  MemberBudget,
  PeerId,
  PlanMember,
  RoundRequest
} from '@daa-compute/interface'
import type { Proposal } from '../consensus/proposal.ts'

/** Which attempt a message is about: the configuration that makes it. */
export interface SlotRef extends Pick<AttemptId, 'sequence' | 'attempt'> {
  /** Digest of the configuration. */
  readonly configuration: Uint8Array
}

/** "I want a part in a round and am in no configuration." */
export interface AskMessage {
  readonly type: 'ask'
  /** The lineage whose rounds it has counted; empty before the first. */
  readonly lineage: string
  /** The round it would have next. */
  readonly sequence: number
  /** Whether it may begin in the middle: what it brings is fit for any round. */
  readonly late: boolean
  /** Whether it may found a lineage. */
  readonly founds: boolean
  /** Whether it wants to hear where the receiver is, if only to know that it is alive. */
  readonly isQuestion: boolean
  readonly request: RoundRequest
  /** Peers it has links with. */
  readonly sees: readonly PeerId[]
  /** What it gives to the group: with what it is admitted. */
  readonly budget: MemberBudget
}

/** "I want no part any more." */
export interface WithdrawMessage {
  readonly type: 'withdraw'
  /** Whether that is because others bring something else. */
  readonly isMisfit: boolean
}

/** "We are the first configuration of a lineage." To all who asked and are in it. */
export interface FoundMessage {
  readonly type: 'found'
  readonly sequence: number
  /** Random: makes the lineage one of its own. */
  readonly nonce: Uint8Array
  readonly members: readonly PlanMember[]
}

/** "I am here", whenever a link comes up and to whom is somewhere else. */
export interface PositionMessage {
  readonly type: 'position'
  readonly lineage: string
  readonly sequence: number
  readonly attempt: number
  /** Members of its configuration that are there, itself included; 0 while it is in none. */
  readonly size: number
  /** Whether its caller has counted a round of the lineage. */
  readonly counted: boolean
  /** Whether it wants to know where the receiver is. */
  readonly isQuestion: boolean
}

/** "I have joined this attempt and am at work on it", again and again while it lasts. */
export interface EnterMessage extends SlotRef {
  readonly type: 'enter'
  readonly request: RoundRequest
  /** The first bytes of the digest of the plan by which it would carry that out. */
  readonly plan: Uint8Array
  /** Segments done so far. */
  readonly done: number
  /** Segments that it has offered to the receiver of this message. */
  readonly offered: number
  /** Whether it waits for nobody but those who have not joined, and long enough. */
  readonly patienceOver: boolean
}

/** What is wrong with an attempt, as one member sees it. */
export type ComplaintKind =
  /** The reporter's link with the culprit broke. */
  | 'lost'
  /** The culprit owes signs of life or segments and gives none. */
  | 'silent'
  /** The reporter's own part failed, perhaps because of the culprit. */
  | 'failed'
  /** The reporter's caller wants no part in this attempt any more. */
  | 'withdrawn'
  /** The reporter leaves the run. */
  | 'leaving'
  /** The reporter has left the configuration undecided, for another, and will never vote in it again. */
  | 'quit'

export interface Complaint {
  readonly kind: ComplaintKind
  readonly culprit: PeerId | undefined
  readonly reason: string
}

/** "This attempt will not do." */
export interface ComplainMessage extends SlotRef, Complaint {
  readonly type: 'complain'
}

/** Phase 1a of Paxos: "promise to accept nothing below this ballot". */
export interface PrepareMessage extends SlotRef {
  readonly type: 'prepare'
  readonly ballot: number
}

/** What an acceptor has accepted last. */
export interface Accepted {
  readonly ballot: number
  /** With its result, if it commits. */
  readonly proposal: Proposal
}

/** What a coordinator has to know of a member to choose a proposal. */
export interface Report {
  readonly accepted: Accepted | undefined
  /** Digest of the result, if it holds one. */
  readonly holds: Uint8Array | undefined
  readonly entered: boolean
  readonly patienceOver: boolean
  /** Ranks it has links with. */
  readonly sees: readonly number[]
}

/** Phase 1b: "I promise, and this is where I am". */
export interface PromiseMessage extends SlotRef, Report {
  readonly type: 'promise'
  readonly ballot: number
}

/** "I have promised this higher ballot to somebody." */
export interface RefuseMessage extends SlotRef {
  readonly type: 'refuse'
  readonly ballot: number
}

/** Phase 2a: "accept this". */
export interface ProposeMessage extends SlotRef {
  readonly type: 'propose'
  readonly ballot: number
  readonly proposal: Proposal
}

/** Phase 2b, to everybody: "I have accepted this". Ballot 0 needs no proposal: the plan stands. */
export interface VoteMessage extends SlotRef {
  readonly type: 'vote'
  readonly ballot: number
  readonly kind: Proposal['kind']
  readonly result: Uint8Array | undefined
  /** Digest of the next configuration. */
  readonly next: Uint8Array
  /** Over all of this and the voter's incarnation; empty if the run signs nothing. */
  readonly signature: Uint8Array
}

/** One member's vote as others can prove it. */
export interface SignedVote {
  readonly rank: number
  readonly signature: Uint8Array
}

/** "This was decided", with the votes of a quorum. */
export interface DecidedMessage extends SlotRef {
  readonly type: 'decided'
  readonly lineage: string
  readonly ballot: number
  readonly proposal: Proposal
  /** The members who decided. */
  readonly voters: readonly PlanMember[]
  readonly votes: readonly SignedVote[]
}

/** "What has become of this attempt?" */
export interface QueryMessage extends SlotRef {
  readonly type: 'query'
}

/** "That is so long ago that I do not know any more." */
export interface ExpiredMessage extends SlotRef {
  readonly type: 'expired'
}

/** Messages about one attempt. */
export type SlotMessage =
  | EnterMessage
  | ComplainMessage
  | PrepareMessage
  | PromiseMessage
  | RefuseMessage
  | ProposeMessage
  | VoteMessage
  | DecidedMessage
  | QueryMessage
  | ExpiredMessage

export type ControlMessage =
  | AskMessage
  | WithdrawMessage
  | FoundMessage
  | PositionMessage
  | SlotMessage

/** The first byte of each message, by its type. */
export const MESSAGE_TAGS: Readonly<Record<ControlMessage['type'], number>> = {
  ask: 1,
  withdraw: 2,
  found: 3,
  position: 4,
  enter: 5,
  complain: 6,
  prepare: 7,
  promise: 8,
  refuse: 9,
  propose: 10,
  vote: 11,
  decided: 12,
  query: 13,
  expired: 14
}
