import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { peerId, type SignatureVerifier } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { ballotPaper } from '../src/round/consensus/ballot-paper.ts'
import { Prover } from '../src/round/consensus/proof.ts'
import type { VoteMessage } from '../src/round/wire/messages.ts'
import { sealVerifier, signerOf } from './hostile-swarm.ts'
import { digestOf } from './round-fixtures.ts'

const voter = peerId('peer-2')
const unsigned = {
  type: 'vote',
  sequence: 7,
  attempt: 1,
  configuration: digestOf(1),
  kind: 'retry',
  result: undefined,
  next: digestOf(2)
} as const

async function voteIn(ballot: number): Promise<VoteMessage> {
  const paper = ballotPaper('test', 'first life', { ...unsigned, ballot })
  return { ...unsigned, ballot, signature: await signerOf(voter).sign(paper) }
}

/** Checks one vote after the other. @returns what counted, at once or later, and who was dropped */
async function check(
  votes: readonly VoteMessage[]
): Promise<{ atOnce: number[]; later: number[]; dropped: string[] }> {
  const dropped: string[] = []
  const mesh = { drop: (peer: string, reason: string) => dropped.push(`${peer}: ${reason}`) }
  const verified: Promise<boolean>[] = []
  const verifier: SignatureVerifier = {
    verify(...args) {
      const isGood = sealVerifier.verify(...args)
      verified.push(isGood)
      return isGood
    }
  }
  const prover = new Prover({ run: 'test', hasher: sha256Hasher, mesh, verifier })
  const counted: number[] = []
  for (const vote of votes) {
    prover.checkVote(voter, 'first life', vote, () => counted.push(vote.ballot))
  }
  const atOnce = [...counted]
  // what waits for them has waited longer than this
  await Promise.all(verified)
  return { atOnce, later: counted.slice(atOnce.length), dropped }
}

describe('a vote', () => {
  it('of ballot 0 counts at once', async () => {
    expect(await check([await voteIn(0)])).toEqual({ atOnce: [0], later: [], dropped: [] })
  })

  it('of a ballot that somebody called counts once its signature is checked', async () => {
    const votes = [await voteIn(0), await voteIn(3), await voteIn(4)]
    expect(await check(votes)).toEqual({ atOnce: [0], later: [3, 4], dropped: [] })
  })

  it('of a ballot that somebody called does not count with a bad signature, whatever was before', async () => {
    const bad = { ...(await voteIn(3)), signature: new Uint8Array(32) }
    expect(await check([await voteIn(0), bad])).toEqual({
      atOnce: [0],
      later: [],
      dropped: ['peer-2: its vote has a bad signature']
    })
  })
})
