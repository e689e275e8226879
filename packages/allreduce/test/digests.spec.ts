import type { Plan } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { ballotPaper } from '../src/round/consensus/ballot-paper.ts'
import {
  type ConfigurationContents,
  coordinatorsOf,
  createConfiguration,
  foundConfiguration,
  isLater,
  quorumOf
} from '../src/round/consensus/configuration.ts'
import { toHex } from '../src/round/wire/digest.ts'
import type { VoteMessage } from '../src/round/wire/messages.ts'
import { createPlan } from '../src/round/attempt/plan.ts'
import { standingProposal, successorOf, valueOf } from '../src/round/consensus/proposal.ts'
import { configOf, digestOf, memberOf, membersOf } from './round-fixtures.ts'

const contents: ConfigurationContents = {
  run: 'test',
  lineage: 'f00d',
  sequence: 1,
  attempt: 2,
  previous: digestOf(1),
  members: membersOf(3)
}

function expectAllDifferent(keys: readonly string[]): void {
  expect(new Set(keys).size).toBe(keys.length)
}

describe('the digest of a configuration', () => {
  it('covers every field', () => {
    const [first, second, third] = contents.members
    if (first === undefined || second === undefined || third === undefined) throw new Error('three')
    const variants: Partial<ConfigurationContents>[] = [
      {},
      { run: 'other' },
      { run: 'testf', lineage: '00d' },
      { lineage: 'f00e' },
      { lineage: '' },
      { sequence: 2 },
      { sequence: 1 + 2 ** 32 },
      { attempt: 3 },
      { previous: digestOf(2) },
      { members: membersOf(2) },
      { members: membersOf(4) },
      { members: [second, first, third] },
      { members: [first, second, memberOf(3)] },
      { members: [first, second, { ...third, incarnation: 'f'.repeat(16) }] },
      { members: [] }
    ]
    const keys = variants.map(
      (change) => createConfiguration({ ...contents, ...change }, sha256Hasher).key
    )
    expectAllDifferent(keys)
    expect(createConfiguration(contents, sha256Hasher).key).toBe(keys[0])
  })

  it('of the first of a lineage names the lineage', () => {
    const { lineage: _lineage, attempt: _attempt, ...founding } = contents
    const first = foundConfiguration(founding, sha256Hasher)
    expect(first).toMatchObject({ sequence: 1, attempt: 0 })
    expect(first.lineage).toMatch(/^[0-9a-f]{64}$/)
    const again = foundConfiguration({ ...founding, previous: digestOf(9) }, sha256Hasher)
    expectAllDifferent([first.lineage, first.key, again.lineage, again.key])
  })
})

describe('the next configuration', () => {
  const config = configOf(3)
  it('after a commit is the first attempt of the next round', () => {
    const next = successorOf(config, standingProposal(config), sha256Hasher)
    expect(next).toMatchObject({
      sequence: 8,
      attempt: 0,
      lineage: 'f00d',
      previous: config.digest
    })
    expect(next.members).toEqual(config.members)
    expect(isLater(next, config)).toBe(true)
  })

  it('after a retry is the next attempt of the same round', () => {
    const next = successorOf(config, { kind: 'retry', members: membersOf(2) }, sha256Hasher)
    expect(next).toMatchObject({ sequence: 7, attempt: 2, members: membersOf(2) })
    expect(isLater(next, config)).toBe(true)
    expect(isLater(config, next)).toBe(false)
    expect(isLater(config, config)).toBe(false)
  })

  it('differs for values that differ', () => {
    const standing = standingProposal(config)
    const retry = { ...standing, kind: 'retry' } as const
    const keys = [
      valueOf(standing, digestOf(1), successorOf(config, standing, sha256Hasher)),
      valueOf(standing, digestOf(2), successorOf(config, standing, sha256Hasher)),
      valueOf(retry, undefined, successorOf(config, retry, sha256Hasher)),
      valueOf(
        { ...standing, members: membersOf(2) },
        digestOf(1),
        successorOf(config, { ...standing, members: membersOf(2) }, sha256Hasher)
      )
    ].map(({ key }) => key)
    expectAllDifferent(keys)
  })
})

describe('a quorum', () => {
  it('shares a member with every other one', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(quorumOf)).toEqual([1, 2, 2, 3, 3, 4, 4])
    for (let size = 1; size < 1030; size++) expect(2 * quorumOf(size)).toBeGreaterThan(size)
  })
})

describe('coordinators', () => {
  it('are all members, in an order drawn anew for each configuration', () => {
    const orders = new Set<string>()
    for (let fill = 0; fill < 40; fill++) {
      const config = createConfiguration({ ...contents, previous: digestOf(fill) }, sha256Hasher)
      const order = coordinatorsOf(config, sha256Hasher)
      expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2])
      expect(coordinatorsOf(config, sha256Hasher)).toEqual(order)
      orders.add(order.join())
    }
    expect(orders.size).toBe(6)
  })

  it('are the same peers in the same order whatever their ranks', () => {
    const peersOf = (members: ConfigurationContents['members']): unknown[] => {
      const config = createConfiguration({ ...contents, members }, sha256Hasher)
      return coordinatorsOf(config, sha256Hasher).map((rank) => members[rank]?.peer)
    }
    expect(peersOf(contents.members)).toEqual(peersOf(contents.members.toReversed()))
  })
})

describe('the digest of a plan', () => {
  const plan: Omit<Plan, 'digest'> = {
    id: { run: 'test', lineage: 'f00d', sequence: 1, attempt: 2 },
    members: membersOf(3),
    collective: 'allReduce',
    op: 'mean',
    dtype: 'float32',
    length: 10,
    codec: 'float32',
    algorithm: 'ring',
    clusters: [],
    shards: [],
    root: 0,
    segmentLength: 16
  }

  it('covers every field', () => {
    const { id } = plan
    const variants: Partial<Plan>[] = [
      {},
      { id: { ...id, run: 'other' } },
      { id: { ...id, lineage: '' } },
      { id: { ...id, sequence: 2 } },
      { id: { ...id, attempt: 0 } },
      { members: membersOf(2) },
      { members: membersOf(3).toReversed() },
      { members: [...membersOf(2), memberOf(2, 1)] },
      { collective: 'barrier' },
      { op: 'sum' },
      { dtype: 'float64' },
      { length: 11 },
      { length: 10 + 2 ** 32 },
      { codec: 'int8' },
      { algorithm: 'tree' },
      { clusters: [[0], [1, 2]] },
      { clusters: [[0, 1], [2]] },
      { clusters: [[0, 1, 2]] },
      { shards: [1, 1, 1] },
      { shards: [1, 1, 0] },
      { root: 1 },
      { segmentLength: 17 }
    ]
    const covered = new Set(variants.flatMap((change) => Object.keys(change)))
    expect([...covered].toSorted()).toEqual(Object.keys(plan).toSorted())
    expectAllDifferent(
      variants.map((change) => toHex(createPlan({ ...plan, ...change }, sha256Hasher).digest))
    )
  })
})

describe('what a vote is signed over', () => {
  const vote: Omit<VoteMessage, 'signature' | 'type'> = {
    sequence: 1,
    attempt: 0,
    configuration: digestOf(1),
    ballot: 2,
    kind: 'commit',
    result: digestOf(2),
    next: digestOf(3)
  }

  it('is all that it says, and whose it is', () => {
    const papers = [
      ballotPaper('test', 'a', vote),
      ballotPaper('testa', '', vote),
      ballotPaper('test', 'b', vote),
      ballotPaper('test', 'a', { ...vote, configuration: digestOf(4) }),
      ballotPaper('test', 'a', { ...vote, ballot: 3 }),
      ballotPaper('test', 'a', { ...vote, kind: 'retry' }),
      ballotPaper('test', 'a', { ...vote, result: undefined }),
      ballotPaper('test', 'a', { ...vote, result: digestOf(4) }),
      ballotPaper('test', 'a', { ...vote, next: digestOf(4) })
    ]
    expectAllDifferent(papers.map(toHex))
  })
})
