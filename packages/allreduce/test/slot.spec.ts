import { describe, expect, it } from 'vitest'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { standingProposal } from '../src/round/consensus/proposal.ts'
import { Slot } from '../src/round/consensus/slot.ts'
import type { VoteMessage } from '../src/round/wire/messages.ts'
import { configOf, digestOf } from './round-fixtures.ts'

const config = configOf(3)
const commit = { ...standingProposal(config), result: digestOf(5) }

/** A slot of rank 1, with the votes it gives, whose caller is at work until it is told otherwise. */
function attended(sign: () => Promise<Uint8Array> | Uint8Array = () => new Uint8Array()): {
  slot: Slot
  votes: VoteMessage[]
  endAttempt(): void
} {
  let isAttended = true
  const votes: VoteMessage[] = []
  const slot = new Slot({
    ...{ config, rank: 1, hasher: sha256Hasher, sign },
    publish: (vote) => votes.push(vote),
    isAttended: () => isAttended,
    cannotVote(error) {
      throw error
    },
    decided: () => undefined
  })
  return {
    slot,
    votes,
    endAttempt() {
      isAttended = false
      slot.reconsider()
    }
  }
}

const quit = { kind: 'quit', culprit: undefined, reason: 'it moves on' } as const

describe('a slot', () => {
  it('accepts a result that it does not hold once nobody is at work on it', () => {
    const { slot, votes, endAttempt } = attended()
    slot.propose({ ballot: 1, proposal: commit })
    expect(votes).toEqual([])
    endAttempt()
    expect(votes.map(({ ballot, kind }) => [ballot, kind])).toEqual([[1, 'commit']])
  })

  it('votes no more when this peer has quit', () => {
    const { slot, votes, endAttempt } = attended()
    slot.propose({ ballot: 1, proposal: commit })
    slot.complain(slot.rank, quit)
    endAttempt()
    expect(votes).toEqual([])
    expect(slot.vote).toBeUndefined()
  })

  it('gives no vote that was being signed when this peer quit', async () => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>()
    const { slot, votes } = attended(() => promise)
    slot.hold(digestOf(5))
    slot.complain(slot.rank, quit)
    resolve(new Uint8Array(64))
    await promise
    expect(votes).toEqual([])
  })

  it('votes on when another member has quit', () => {
    const { slot, votes } = attended()
    slot.complain(2, quit)
    slot.hold(digestOf(5))
    expect(votes).toHaveLength(1)
  })
})
