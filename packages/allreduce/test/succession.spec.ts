import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { Pair } from '../src/round/consensus/arrangement.ts'
import type { Complaint, Report } from '../src/round/wire/messages.ts'
import { type Circumstances, type Joiner, succeed } from '../src/round/consensus/succession.ts'
import { configOf, digestOf, memberOf, membersOf, reportOf } from './round-fixtures.ts'

const SIZE = 5
const everybody = [0, 1, 2, 3, 4]
const config = configOf(SIZE)
const trouble = { culprit: memberOf(4).peer, reason: 'peer-4 is gone' }

/** Reports of these ranks, each of which sees these, too. */
function heard(
  ranks: readonly number[],
  each: (rank: number) => Partial<Report> = () => ({})
): Map<number, Report> {
  return new Map(ranks.map((rank) => [rank, reportOf({ sees: everybody, ...each(rank) })]))
}

function ringOf({ length }: readonly unknown[]): Pair[] {
  return Array.from({ length }, (_, rank) => [rank, (rank + 1) % length] as const)
}

function whenever(change: Partial<Circumstances> = {}): Circumstances {
  return {
    config,
    reports: heard(everybody),
    trouble: undefined,
    leaving: new Set(),
    linked: new Set(everybody),
    minPeers: 1,
    withdrawn: new Set(),
    complaints: new Map(),
    joiners: [],
    pairsOf: ringOf,
    ...change
  }
}

/** What these members say of another. */
function saying(
  kind: Complaint['kind'],
  about: number,
  ranks: readonly number[]
): Map<number, readonly Complaint[]> {
  const complaint = { kind, culprit: memberOf(about).peer, reason: 'it is as it is' }
  return new Map(ranks.map((rank) => [rank, [complaint]]))
}

function joiner(index: number, sees: readonly number[] = [...everybody, 5, 7]): Joiner {
  return { ...memberOf(index), sees: new Set(sees.map((rank) => memberOf(rank).peer)) }
}

const peersOf = (proposal: { members: readonly { peer: PeerId }[] }): string[] =>
  proposal.members.map(({ peer }) => peer)
const named = (...indices: readonly number[]): string[] =>
  indices.map((index) => memberOf(index).peer)

describe('what a coordinator proposes while the attempt may succeed', () => {
  it('is that the round counts with whatever result, and the same go on', () => {
    expect(succeed(whenever())).toEqual({
      ...{ kind: 'commit', result: undefined, members: membersOf(SIZE) },
      ...{ culprit: undefined, reason: '' }
    })
  })

  it('goes on without those that leave', () => {
    const proposal = succeed(whenever({ leaving: new Set([memberOf(1).peer]) }))
    expect(proposal.kind).toBe('commit')
    expect(peersOf(proposal)).toEqual(named(0, 2, 3, 4))
  })

  it('keeps members that have not answered, and those called silent', () => {
    const complaints = saying('silent', 4, [0])
    const proposal = succeed(whenever({ reports: heard([0, 1, 2]), complaints }))
    expect(peersOf(proposal)).toEqual(named(0, 1, 2, 3, 4))
  })

  it('admits who asks', () => {
    const proposal = succeed(whenever({ joiners: [joiner(7), joiner(5)] }))
    expect(peersOf(proposal)).toEqual(named(0, 1, 2, 3, 4, 7, 5))
  })

  it('puts a new life of a member in the place of the old one', () => {
    const again = { ...joiner(2), ...memberOf(2, 1) }
    const { members } = succeed(whenever({ joiners: [again] }))
    expect(members).toHaveLength(SIZE)
    expect(members).toContainEqual(memberOf(2, 1))
    expect(members).not.toContainEqual(memberOf(2))
  })

  it('keeps everybody where nobody would be left', () => {
    const leaving = new Set(membersOf(SIZE).map(({ peer }) => peer))
    expect(peersOf(succeed(whenever({ leaving })))).toEqual(named(...everybody))
    const stuck = whenever({ leaving, trouble })
    expect(peersOf(succeed(stuck))).toEqual(named(...everybody))
  })
})

describe('what it proposes when the attempt is in trouble', () => {
  it('is another attempt, and it says why', () => {
    const proposal = succeed(whenever({ trouble, reports: heard([0, 1, 2, 3]) }))
    expect(proposal).toMatchObject({ kind: 'retry', result: undefined, ...trouble })
  })

  it('is that the round counts all the same, if a quorum holds one result', () => {
    const reports = heard([0, 1, 2], () => ({ holds: digestOf(5) }))
    const proposal = succeed(whenever({ trouble, reports }))
    expect(proposal).toMatchObject({ kind: 'commit', result: digestOf(5), reason: '' })
  })

  it('takes no result that fewer hold, or that differ', () => {
    const two = heard([0, 1, 2], (rank) => (rank < 2 ? { holds: digestOf(5) } : {}))
    expect(succeed(whenever({ trouble, reports: two })).kind).toBe('retry')
    const apart = heard([0, 1, 2, 3], (rank) => ({ holds: digestOf(rank % 2) }))
    expect(succeed(whenever({ trouble, reports: apart })).kind).toBe('retry')
    const most = heard(everybody, (rank) => ({ holds: digestOf(rank === 3 ? 1 : 2) }))
    expect(succeed(whenever({ trouble, reports: most })).result).toEqual(digestOf(2))
  })

  it('goes on with those that answered, and those that most of them reach', () => {
    const sees = (rank: number): Partial<Report> => ({
      sees: rank === 0 ? [0, 1, 2, 3] : [0, 1, 2]
    })
    const reports = heard([0, 1, 2], sees)
    expect(peersOf(succeed(whenever({ trouble, reports })))).toEqual(named(0, 1, 2))
    const two = heard([0, 1, 2], (rank) => ({ sees: rank === 2 ? [0, 1] : [0, 1, 2, 3] }))
    expect(peersOf(succeed(whenever({ trouble, reports: two })))).toContain('peer-3')
    expect(peersOf(succeed(whenever({ trouble, reports: two })))).not.toContain('peer-4')
  })

  it('goes on without who does not answer and is called silent', () => {
    const complaints = saying('silent', 4, [0])
    const reports = heard([0, 1, 2, 3])
    expect(peersOf(succeed(whenever({ trouble, reports, complaints })))).toEqual(named(0, 1, 2, 3))
    const failed = whenever({ trouble, reports, complaints: saying('failed', 4, [0, 1, 2, 3]) })
    expect(peersOf(succeed(failed))).toEqual(named(0, 1, 2, 3))
    // a failure that not everybody has seen may be over
    const doubtful = whenever({ trouble, reports, complaints: saying('failed', 4, [0, 1, 2]) })
    expect(peersOf(succeed(doubtful))).toEqual(named(...everybody))
    // who answers is not silent, whatever others say
    const all = whenever({ trouble, complaints })
    expect(peersOf(succeed(all))).toEqual(named(...everybody))
  })

  it('goes on without those that leave, though they answer', () => {
    const leaving = new Set([memberOf(0).peer])
    expect(peersOf(succeed(whenever({ trouble, leaving })))).toEqual(named(1, 2, 3, 4))
  })

  it('leaves out who has not joined, when all who have are tired of waiting', () => {
    const tired = heard(everybody, (rank) => ({ entered: rank !== 1, patienceOver: true }))
    expect(peersOf(succeed(whenever({ trouble, reports: tired })))).toEqual(named(0, 2, 3, 4))
    const patient = heard(everybody, (rank) => ({ entered: rank !== 1, patienceOver: rank > 0 }))
    expect(peersOf(succeed(whenever({ trouble, reports: patient })))).toEqual(named(...everybody))
  })

  it('leaves out who has not joined, when all of them said that they are not coming', () => {
    const reports = heard(everybody, (rank) => ({ entered: rank > 1 }))
    const one = new Set([memberOf(1).peer])
    const both = new Set([memberOf(1).peer, memberOf(0).peer])
    expect(peersOf(succeed(whenever({ trouble, reports, withdrawn: one })))).toEqual(
      named(...everybody)
    )
    expect(peersOf(succeed(whenever({ trouble, reports, withdrawn: both })))).toEqual(
      named(2, 3, 4)
    )
  })

  it('leaves nobody out before anybody has joined', () => {
    const reports = heard(everybody, () => ({ entered: false, patienceOver: true }))
    expect(peersOf(succeed(whenever({ trouble, reports })))).toEqual(named(...everybody))
  })

  it('admits who asks', () => {
    const proposal = succeed(whenever({ trouble, joiners: [joiner(9)] }))
    expect(peersOf(proposal)).toContain('peer-9')
  })
})

describe('the order of a proposal', () => {
  const neighbours = (members: readonly string[], peer: string): (string | undefined)[] => {
    const at = members.indexOf(peer)
    return [members.at(at - 1), members[(at + 1) % members.length]]
  }

  it('avoids a link that one of its ends has lost, and keeps both', () => {
    const lost = heard(everybody, (rank) => (rank === 1 ? { sees: [0, 3, 4] } : {}))
    const members = peersOf(succeed(whenever({ trouble, reports: lost })))
    expect(members.toSorted()).toEqual(named(...everybody))
    expect(neighbours(members, 'peer-1')).not.toContain('peer-2')
  })

  it('avoids a link that a joiner has not got', () => {
    const members = peersOf(succeed(whenever({ joiners: [joiner(9, [0, 1])] })))
    expect(members).toHaveLength(6)
    expect(new Set(neighbours(members, 'peer-9'))).toEqual(new Set(named(0, 1)))
  })

  it('drops whom no order can reach', () => {
    const cut = heard([0, 1, 2, 3], (rank) => ({ sees: rank === 3 ? [] : [0, 1, 2] }))
    const complaints = saying('silent', 4, [0])
    const members = peersOf(succeed(whenever({ trouble, reports: cut, complaints })))
    expect(members).toEqual(named(0, 1, 2))
  })
})
