import { describe, expect, it } from 'vitest'
import { Tally } from '../src/round/consensus/tally.ts'

describe('a tally', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [8, 5]
  ])('of %i members finds a thing chosen by %i of them', (size, quorum) => {
    const tally = new Tally(size)
    for (let rank = 0; rank < size; rank++) {
      expect(tally.add(rank, 0, 'a')).toBe(rank + 1 >= quorum ? 'chosen' : 'counted')
    }
  })

  it('counts each member once', () => {
    const tally = new Tally(3)
    expect(tally.add(1, 0, 'a')).toBe('counted')
    expect(tally.add(1, 0, 'a')).toBe('counted')
    expect(tally.add(1, 0, 'a')).toBe('counted')
    expect(tally.voters(0, 'a')).toEqual([1])
    expect(tally.add(2, 0, 'a')).toBe('chosen')
  })

  it('adds up no votes of different ballots, nor for different things', () => {
    const tally = new Tally(3)
    expect(tally.add(0, 0, 'a')).toBe('counted')
    expect(tally.add(1, 1, 'a')).toBe('counted')
    expect(tally.add(2, 1, 'b')).toBe('counted')
    expect(tally.add(0, 1, 'b')).toBe('chosen')
  })

  it('notices who votes for two things in one ballot, whose first vote stays', () => {
    const tally = new Tally(4)
    tally.add(0, 2, 'a')
    expect(tally.add(0, 2, 'b')).toBe('conflict')
    expect(tally.add(0, 3, 'b')).toBe('counted')
    tally.add(1, 2, 'b')
    tally.add(2, 2, 'b')
    expect(tally.voters(2, 'b')).toEqual([1, 2])
    expect(tally.voters(2, 'a')).toEqual([0])
  })

  it.each([
    [3, ['a', 'b', 'c'], true],
    [3, ['a', 'b'], false],
    [2, ['a', 'b'], true],
    [4, ['a', 'a', 'b', 'b'], true],
    [4, ['a', 'a', 'b'], false],
    [5, ['a', 'a', 'b', 'b', 'c'], true],
    [5, ['a', 'a', 'a', 'b', 'c'], false],
    [3, ['a', 'a', 'a'], false],
    [3, [], false]
  ])('of %i members with votes for %j is split: %s', (size, votes, isSplit) => {
    const tally = new Tally(size)
    for (const [rank, vote] of votes.entries()) tally.add(rank, 4, vote)
    expect(tally.isSplit(4)).toBe(isSplit)
    expect(tally.isSplit(5)).toBe(false)
  })

  it('knows nobody of a ballot without votes', () => {
    expect(new Tally(3).voters(9, 'a')).toEqual([])
  })
})
