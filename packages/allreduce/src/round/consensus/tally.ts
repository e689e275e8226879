import { MAX_KEPT_BALLOTS } from '../../constants.ts'
import { quorumOf } from './configuration.ts'

interface Ballot {
  /** What each rank has voted for: the first of its votes counts. */
  readonly byRank: Map<number, string>
  readonly count: Map<string, number>
}

function createBallot(): Ballot {
  return { byRank: new Map(), count: new Map() }
}

/** Counts the votes about one attempt, ballot by ballot. */
export class Tally {
  readonly #size: number
  readonly #quorum: number
  readonly #ballots = new Map<number, Ballot>()

  constructor(size: number) {
    this.#size = size
    this.#quorum = quorumOf(size)
  }

  /**
   * @returns `conflict` when the rank has voted for something else in this very
   * ballot, which nobody honest does; `chosen` when a quorum agrees now
   */
  add(rank: number, ballot: number, key: string): 'counted' | 'chosen' | 'conflict' {
    const votes = this.#ballots.get(ballot) ?? createBallot()
    this.#ballots.set(ballot, votes)
    if (this.#ballots.size > MAX_KEPT_BALLOTS) {
      this.#ballots.delete(Math.min(...this.#ballots.keys()))
    }
    const earlier = votes.byRank.get(rank)
    if (earlier !== undefined) return earlier === key ? 'counted' : 'conflict'
    votes.byRank.set(rank, key)
    const count = (votes.count.get(key) ?? 0) + 1
    votes.count.set(key, count)
    return count >= this.#quorum ? 'chosen' : 'counted'
  }

  /** What a rank has voted for in a ballot, if that is known. */
  voteOf(rank: number, ballot: number): string | undefined {
    return this.#ballots.get(ballot)?.byRank.get(rank)
  }

  /** Whether the votes of a ballot differ so that nothing can come to a quorum any more. */
  isSplit(ballot: number): boolean {
    const votes = this.#ballots.get(ballot)
    // looked at with every message, and hardly ever does anybody vote for another thing
    if (votes === undefined || votes.count.size < 2) return false
    const missing = this.#size - votes.byRank.size
    return Math.max(...votes.count.values()) + missing < this.#quorum
  }

  /** Who has voted for it in this ballot. */
  voters(ballot: number, key: string): readonly number[] {
    const votes = this.#ballots.get(ballot)
    return [...(votes?.byRank ?? [])].filter(([, voted]) => voted === key).map(([rank]) => rank)
  }
}
