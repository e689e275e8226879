import type { PeerId } from '@daa-compute/interface'
import type { Configuration } from '../configuration.ts'
import type { Protocol, Vote } from '../protocol.ts'
import type { Life } from './stage.ts'

/** What each peer has voted for last. */
export interface LastVotes {
  /** A control message leaves a peer, or reaches another. */
  see(phase: 'sent' | 'received', from: PeerId, frame: Uint8Array): void
  /**
   * Whether those who live in a configuration have voted for results that differ, so
   * that it takes the vote of one who is gone for good, and never told, to know which counts.
   */
  areUnclear(configuration: Configuration, lives: readonly Life[]): boolean
}

/** Where nobody's values are bad, everybody's results are the same. */
export const NO_VOTES: LastVotes = { see: () => undefined, areUnclear: () => false }

export function createLastVotes(protocol: Pick<Protocol, 'isVote' | 'vote'>): LastVotes {
  const sent = new Map<PeerId, Uint8Array>()
  const received = new Map<PeerId, Uint8Array>()

  function read(frame: Uint8Array | undefined): Vote | undefined {
    return frame && protocol.vote(frame)
  }

  return {
    see(phase, from, frame) {
      if (!protocol.isVote(frame)) return
      const frames = phase === 'sent' ? sent : received
      frames.set(from, frame.slice())
    },
    areUnclear({ members, lineage }, lives) {
      const alive = lives.filter(({ state }) => state === 'alive')
      const present = new Set(
        alive.filter((life) => life.configuration?.lineage === lineage).map(({ peer }) => peer)
      )
      // what the dead have sent and nobody has heard is gone with them
      const votes = new Map(
        members.map((peer) => [peer, read((present.has(peer) ? sent : received).get(peer))])
      )
      const last = lastOf([...present].flatMap((peer) => votes.get(peer) ?? []))
      const count = new Map<string, number>()
      const untold: PeerId[] = []
      for (const peer of members) {
        const vote = votes.get(peer)
        if (vote !== undefined && last !== undefined && compare(vote, last) === 0) {
          count.set(vote.result, (count.get(vote.result) ?? 0) + 1)
        } else if (!present.has(peer)) untold.push(peer)
      }
      const possible = [...count.values()].filter(
        (votesFor) => 2 * (votesFor + untold.length) > members.length
      )
      // who starts again is known to be gone, and is waited for no more
      const isBack = (peer: PeerId): boolean => alive.some((life) => life.peer === peer)
      return possible.length > 1 && !untold.every(isBack)
    }
  }
}

function lastOf(votes: readonly Vote[]): Vote | undefined {
  return votes.toSorted(compare).at(-1)
}

function compare(a: Vote, b: Vote): number {
  return a.sequence - b.sequence || a.attempt - b.attempt || a.ballot - b.ballot
}
