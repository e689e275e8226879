import type { JoinOptions } from '../../src/index.ts'

/** What a parent asks of a peer in a process of its own. */
export type Order =
  | {
      readonly type: 'join'
      readonly bootstrap: readonly string[]
      /** Path of the key file; default: a new identity. */
      readonly identity?: string
      readonly options: JoinOptions
      /** Whether its network is on a thread of its own. */
      readonly thread: boolean
    }
  /** Join another run, too; what follows goes there. */
  | { readonly type: 'move'; readonly run: string; readonly options: JoinOptions }
  /** Tell when that many members can be reached, this one included. */
  | { readonly type: 'link'; readonly members: number }
  /** One round; `enterLate` as of the call. */
  | {
      readonly type: 'reduce'
      readonly length: number
      readonly value: number
      readonly enterLate?: boolean
    }
  /** Block the thread until the parent releases it: nothing else happens on it. */
  | { readonly type: 'block' }
  /** One round, and then at once a thread that is blocked. */
  | { readonly type: 'reduceAndBlock'; readonly length: number; readonly value: number }
  /** Tell who can be reached, who could not be at some time, and how often a round was tried. */
  | { readonly type: 'look' }
  /** That many rounds, one right after the other. */
  | {
      readonly type: 'burst'
      readonly length: number
      readonly value: number
      readonly rounds: number
    }
  /** Rounds without end, that many ms apart; a peer that is behind goes on late. */
  | {
      readonly type: 'pace'
      readonly length: number
      readonly value: number
      readonly everyMs: number
    }

/** What the peer tells. */
export type Report =
  | { readonly type: 'joined'; readonly peer: string; readonly addresses: readonly string[] }
  | { readonly type: 'moved' }
  | { readonly type: 'blocking' }
  | {
      readonly type: 'seen'
      readonly members: readonly string[]
      readonly downs: readonly string[]
      readonly attempt: number
    }
  | { readonly type: 'linked' }
  /** A quarter of a round's segments have moved. */
  | { readonly type: 'moving' }
  /** ms of each round of a burst. */
  | { readonly type: 'times'; readonly times: readonly number[] }
  | Resolved
  | Rejected

/** A round counts. */
export interface Resolved {
  readonly type: 'resolved'
  readonly participants: readonly string[]
  readonly lineage: string
  readonly sequence: number
  readonly attempt: number
  readonly durationMs: number
  /** Of all values. */
  readonly digest: string
  /** What every value is now; NaN if they differ. */
  readonly value: number
}

/** A round does not count for this peer. */
export interface Rejected {
  readonly type: 'rejected'
  readonly code: string
  readonly message: string
  /** Whether the values are what they were. */
  readonly isIntact: boolean
}
