import { type Ballot, type PeerId, peerId, type Plan, type Verdict } from '@daa-compute/interface'
import { createSimnet } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { LiveAttempt } from '../src/round/live-attempt.ts'

const [self, bob, carol] = ['alice', 'bob', 'carol'].map(peerId) as [PeerId, PeerId, PeerId]
const plan: Plan = {
  id: { run: 'test', lineage: '', sequence: 0, attempt: 0 },
  members: [self, bob, carol].map((peer) => ({ peer, incarnation: '00', weight: 1 })),
  dtype: 'float32',
  length: 1,
  codec: 'float32',
  algorithm: 'ring',
  segmentLength: 1,
  digest: new Uint8Array(32)
}
const yes: Ballot = { type: 'commit', digest: new Uint8Array(32) }
const other: Ballot = { type: 'commit', digest: new Uint8Array(32).fill(1) }
const no: Ballot = { type: 'abort', culprit: carol, reason: 'why not' }

/** Runs a vote in virtual time, up to the verdict. */
async function decide(act: (attempt: LiveAttempt) => void, own = yes): Promise<Verdict> {
  const net = createSimnet({ seed: 1 })
  return await net.run(async () => {
    const attempt = new LiveAttempt({
      plan,
      self,
      clock: net.clock,
      broadcast: () => undefined,
      giveUp: () => undefined,
      decided: () => undefined
    })
    const verdict = attempt.vote(own)
    act(attempt)
    return await verdict
  })
}

describe('an attempt', () => {
  it('commits when all have voted for the same digest', async () => {
    const verdict = await decide((attempt) => {
      attempt.onVote(bob, yes)
      attempt.onVote(carol, yes)
    })
    expect(verdict).toEqual({ type: 'commit' })
  })

  it('aborts when one has voted against, or for another digest', async () => {
    expect(await decide((attempt) => attempt.onVote(bob, no))).toEqual({ ...no, reporter: bob })
    expect(await decide((attempt) => attempt.onVote(bob, other))).toMatchObject({ type: 'abort' })
    expect(await decide(() => undefined, no)).toEqual({ ...no, reporter: self })
  })

  it('takes the first vote of a member, and none of strangers', async () => {
    const verdict = await decide((attempt) => {
      attempt.onVote(bob, yes)
      attempt.onVote(bob, no)
      attempt.onVote(peerId('mallory'), no)
      attempt.onVote(carol, yes)
    })
    expect(verdict).toEqual({ type: 'commit' })
  })

  it('is of unknown outcome when a vote is lost with its member, unless one was against', async () => {
    const lost = await decide((attempt) => {
      attempt.onDown(carol, 'crashed')
      attempt.onVote(bob, yes)
    })
    expect(lost).toEqual({ type: 'unknown', missing: [carol] })
    const refused = await decide((attempt) => {
      attempt.onDown(carol, 'crashed')
      attempt.onVote(bob, no)
    })
    expect(refused).toMatchObject({ type: 'abort', reporter: bob })
    const returned = await decide((attempt) => {
      attempt.onDown(carol, 'flap')
      attempt.onVote(carol, yes)
      attempt.onVote(bob, yes)
    })
    expect(returned).toEqual({ type: 'commit' })
  })

  it('does not wait for ever for one who is alive and mute', async () => {
    const verdict = await decide((attempt) => attempt.onVote(bob, yes))
    expect(verdict).toEqual({ type: 'unknown', missing: [carol] })
  })

  it('is in doubt for who leaves after voting for it', async () => {
    const verdict = await decide((attempt) => attempt.leave())
    expect(verdict).toEqual({ type: 'unknown', missing: [bob, carol] })
  })

  it('tells who has not voted yet to vote against once a member is gone', () => {
    const attempt = new LiveAttempt({
      plan,
      self,
      clock: createSimnet({ seed: 1 }).clock,
      broadcast: () => undefined,
      giveUp: () => undefined,
      decided: () => undefined
    })
    attempt.onDown(bob, 'crashed')
    expect(attempt.doomed.aborted).toBe(true)
    expect(String(attempt.doomed.reason)).toContain('bob is gone')
  })
})
