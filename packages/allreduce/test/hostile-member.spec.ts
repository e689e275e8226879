import { peerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type {
  ControlMessage,
  SlotMessage,
  SlotRef,
  VoteMessage
} from '../src/round/wire/messages.ts'
import { sleep } from './group-of.ts'
import { expectRound, type Forge, forge, LENGTH, onStage, type Stage } from './hostile-swarm.ts'
import { valuesOf } from './values.ts'

const digest = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)

/**
 * Three honest members and one that says what it should not, in a round of all of
 * them and in later ones.
 */
async function expectUnharmed(change: Forge, rounds = 3): Promise<Stage> {
  let kept: Stage | undefined
  await onStage(3, { patienceMs: 3_000, minPeers: 3, quorumLossMs: 5_000 }, async (stage) => {
    kept = stage
    const { swarm, hostile } = stage
    const liar = await swarm.join(hostile, { minPeers: 3, patienceMs: 3_000 })
    await sleep(hostile, 50)
    const take = async (): Promise<void> => {
      for (let round = 0; round < rounds; round++) await liar.allReduce(valuesOf(3, LENGTH))
    }
    const taking = take().catch(() => undefined)
    expect((await expectRound(stage)).participants).toHaveLength(4)
    forge(stage, change)
    for (let round = 1; round < rounds; round++) await expectRound(stage)
    await Promise.race([taking, sleep(swarm.peers[0], 1_000)])
    await expectRound(stage)
  })
  if (kept === undefined) throw new Error('nothing was played')
  return kept
}

function refOf({ sequence, attempt, configuration }: SlotRef): SlotRef {
  return { sequence, attempt, configuration }
}

/** How messages about the attempt that follows name it, if the round counts. */
function nextOf({ sequence, next }: VoteMessage): SlotRef {
  return { sequence: sequence + 1, attempt: 0, configuration: next }
}

/** Adds messages to every vote, which each member gives once in a round. */
function withVote(more: (vote: VoteMessage) => readonly ControlMessage[]): Forge {
  return (message) => (message.type === 'vote' ? [message, ...more(message)] : undefined)
}

describe('a member', () => {
  it('repeats every vote', async () => {
    await expectUnharmed(withVote((vote) => [vote, vote, vote]))
  })

  it('replays the votes of earlier rounds', async () => {
    const earlier: VoteMessage[] = []
    await expectUnharmed((message) => {
      if (message.type !== 'vote') return undefined
      const replayed = [message, ...earlier]
      earlier.push(message)
      return replayed
    })
  })

  it('replays everything that it ever said', async () => {
    const earlier: ControlMessage[] = []
    await expectUnharmed((message) => {
      earlier.push(message)
      return [...earlier].toReversed()
    })
  })

  it('votes for two things in one ballot', async () => {
    await expectUnharmed(withVote((vote) => [{ ...vote, result: digest(1) }]))
  })

  it('votes for another result than everybody', async () => {
    await expectUnharmed((message) =>
      message.type === 'vote' ? [{ ...message, result: digest(1) }] : undefined
    )
  })

  it('votes for one thing here and another there', async () => {
    await expectUnharmed((message, to) =>
      message.type === 'vote' && to !== peerId('peer-00')
        ? [{ ...message, result: digest(to.length) }]
        : undefined
    )
  })

  it('votes for a configuration that was never proposed', async () => {
    await expectUnharmed((message) =>
      message.type === 'vote' ? [{ ...message, next: digest(1) }] : undefined
    )
  })

  it('votes in ballots that nobody has opened', async () => {
    await expectUnharmed(
      withVote((vote) => [1, 2, 3, 2 ** 31].map((ballot) => ({ ...vote, ballot })))
    )
  })

  it('votes in more ballots than anybody keeps, before the others do', async () => {
    await expectUnharmed(
      withVote((vote) =>
        Array.from({ length: 200 }, (_, i) => ({ ...vote, ...nextOf(vote), ballot: i + 1 }))
      )
    )
  })

  it('votes before it has what it votes for, in the next round', async () => {
    await expectUnharmed(
      withVote((vote) => [
        { ...vote, ...nextOf(vote), result: digest(8) },
        { ...vote, ...nextOf(vote), kind: 'retry', result: undefined, ballot: 4 }
      ])
    )
  })

  it('does not vote at all', async () => {
    await expectUnharmed((message) => (message.type === 'vote' ? [] : undefined))
  })

  it('says nothing any more', async () => {
    await expectUnharmed(() => [])
  })

  it('claims decisions without a quorum of votes', async () => {
    await expectUnharmed(
      withVote((vote) => [
        {
          type: 'decided',
          ...refOf(vote),
          lineage: '',
          ballot: 1,
          proposal: {
            kind: 'retry',
            result: undefined,
            members: [{ peer: peerId('peer-03'), incarnation: 'x' }],
            culprit: undefined,
            reason: ''
          },
          voters: [1, 2, 3].map((i) => ({ peer: peerId(`peer-0${i}`), incarnation: 'x' })),
          votes: [{ rank: 1, signature: new Uint8Array() }]
        }
      ])
    )
  })

  it('promises what it has not accepted, and holds what nobody has', async () => {
    await expectUnharmed(
      withVote((vote) => [
        {
          type: 'promise',
          ...refOf(vote),
          ballot: 3,
          accepted: undefined,
          holds: digest(4),
          entered: true,
          patienceOver: true,
          sees: [65_535, 3, 3]
        }
      ])
    )
  })

  it('complains of everybody, without end', async () => {
    await expectUnharmed(
      withVote((vote) =>
        Array.from({ length: 200 }, (_, i) => ({
          type: 'complain',
          ...refOf(vote),
          kind: (['lost', 'silent', 'failed'] as const)[i % 3] ?? 'lost',
          culprit: peerId(`peer-0${i % 7}`),
          reason: 'I do not like it'
        }))
      )
    )
  })

  const floods: Record<string, (ref: SlotRef, i: number) => SlotMessage> = {
    prepares: (ref, i) => ({ type: 'prepare', ...ref, ballot: 4 * i + 4 }),
    refusals: (ref, i) => ({ type: 'refuse', ...ref, ballot: i }),
    queries: (ref) => ({ type: 'query', ...ref }),
    'expired slots': (ref) => ({ type: 'expired', ...ref })
  }
  for (const [what, make] of Object.entries(floods)) {
    it(`floods the others with ${what}`, async () => {
      await expectUnharmed(
        withVote((vote) =>
          Array.from({ length: 300 }, (_, i) => make(i < 150 ? refOf(vote) : nextOf(vote), i))
        )
      )
    })
  }

  it.each(['prepare', 'refuse'] as const)('goes to the last ballot there is (%s)', async (type) => {
    const ballot = 2 ** 31
    await expectUnharmed(withVote((vote) => [{ type, ...nextOf(vote), ballot }]))
  })

  it('proposes one thing here and another there', async () => {
    const proposal = {
      kind: 'commit',
      result: undefined,
      culprit: undefined,
      reason: ''
    } as const
    await expectUnharmed((message, to) => {
      if (message.type !== 'vote') return undefined
      const members = [{ peer: to, incarnation: 'x' }]
      const about = { type: 'propose', ...nextOf(message), ballot: 4 } as const
      return [message, { ...about, proposal: { ...proposal, members } }]
    })
  })
})
