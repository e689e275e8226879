import { toHex } from '../wire/digest.ts'
import type { SignedVote, VoteMessage } from '../wire/messages.ts'
import type { Value } from './proposal.ts'
import { Tally } from './tally.ts'

/** What a vote is counted by. */
interface VoteKeys extends Pick<VoteMessage, 'ballot' | 'kind'> {
  readonly resultKey: string
  readonly nextKey: string
  /** Equal for votes for the same, and that of the value they are for. */
  readonly key: string
  /** Equal for those of them in the same ballot. */
  readonly paper: string
}

/** The votes about one attempt, counted, with the signatures that prove them. */
export class Votes {
  readonly #tally: Tally
  /** By what was voted for in which ballot, then by rank. */
  readonly #signatures = new Map<string, Map<number, Uint8Array>>()
  #lastKeys: VoteKeys | undefined

  constructor(size: number) {
    this.#tally = new Tally(size)
  }

  /** Counts a vote: see {@link Tally.add}. */
  add(rank: number, vote: VoteMessage): 'counted' | 'chosen' | 'conflict' {
    const { key, paper } = this.#keysOf(vote)
    const signatures = this.#signatures.get(paper) ?? new Map<number, Uint8Array>()
    this.#signatures.set(paper, signatures)
    if (!signatures.has(rank)) signatures.set(rank, vote.signature)
    return this.#tally.add(rank, vote.ballot, key)
  }

  isFor(vote: VoteMessage, value: Value): boolean {
    return this.#keysOf(vote).key === value.key
  }

  /** Whether a rank may have voted for a value in a ballot, as far as its votes are known. */
  mayBeFor({ key }: Value, rank: number, ballot: number): boolean {
    return (this.#tally.voteOf(rank, ballot) ?? key) === key
  }

  /** Whether the votes of a ballot differ so that nothing can come to a quorum any more. */
  isSplit(ballot: number): boolean {
    return this.#tally.isSplit(ballot)
  }

  /** The votes for a value that were counted in a ballot. */
  counted(ballot: number, { key }: Value): readonly SignedVote[] {
    const signatures = this.#signatures.get(`${ballot} ${key}`)
    return this.#tally
      .voters(ballot, key)
      .map((rank) => ({ rank, signature: signatures?.get(rank) ?? new Uint8Array() }))
  }

  /** Signatures of those who have voted for a value in a ballot, by rank. */
  signatures(ballot: number, { key }: Value): ReadonlyMap<number, Uint8Array> {
    return this.#signatures.get(`${ballot} ${key}`) ?? new Map()
  }

  /** What a vote is for, and that with its ballot: mostly the same as of the vote before. */
  #keysOf({ ballot, kind, result, next }: VoteMessage): VoteKeys {
    const last = this.#lastKeys
    const resultKey = result === undefined ? '' : toHex(result)
    const nextKey = toHex(next)
    const isSame =
      last?.ballot === ballot &&
      last.kind === kind &&
      last.resultKey === resultKey &&
      last.nextKey === nextKey
    if (isSame) return last
    const key = `${kind} ${resultKey} ${nextKey}`
    const keys = { ballot, kind, resultKey, nextKey, key, paper: `${ballot} ${key}` }
    this.#lastKeys = keys
    return keys
  }
}
