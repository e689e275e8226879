import { describe, expect, it } from 'vitest'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { Acceptor } from '../src/round/consensus/acceptor.ts'
import { type Proposal, standingProposal, successorOf } from '../src/round/consensus/proposal.ts'
import { configOf, digestOf, membersOf } from './round-fixtures.ts'

const config = configOf(3)
const create = (): Acceptor => new Acceptor(config, sha256Hasher)
const retry: Proposal = {
  kind: 'retry',
  result: undefined,
  members: membersOf(2),
  culprit: undefined,
  reason: 'so'
}
const commit = (result?: Uint8Array): Proposal => ({ ...standingProposal(config), result })

describe('an acceptor', () => {
  it('accepts in ballot 0 that the round counts, once it holds the result', () => {
    const acceptor = create()
    expect(acceptor.accept()).toBeUndefined()
    acceptor.held = digestOf(5)
    const acceptance = acceptor.accept()
    expect(acceptance?.ballot).toBe(0)
    expect(acceptance?.value).toMatchObject({ kind: 'commit', result: digestOf(5) })
    const next = successorOf(config, { kind: 'commit', members: config.members }, sha256Hasher)
    expect(acceptance?.value.next.key).toBe(next.key)
    expect(acceptor.accepted).toBe(acceptance)
    expect(acceptor.accept()).toBeUndefined()
  })

  it('accepts nothing below what it has promised, though it comes to hold the result', () => {
    const acceptor = create()
    expect(acceptor.promise(3)).toBe(true)
    acceptor.held = digestOf(5)
    expect(acceptor.accept()).toBeUndefined()
    expect(acceptor.open(2, retry)).toBe(false)
    expect(acceptor.accept()).toBeUndefined()
    expect(acceptor.proposal).toBeUndefined()
  })

  it('promises no ballot twice, and none below', () => {
    const acceptor = create()
    expect(acceptor.promise(0)).toBe(false)
    expect(acceptor.promise(2)).toBe(true)
    expect(acceptor.promise(2)).toBe(false)
    expect(acceptor.promise(1)).toBe(false)
    expect(acceptor.promise(3)).toBe(true)
    expect(acceptor.promised).toBe(3)
  })

  it('takes the first proposal of a ballot only', () => {
    const acceptor = create()
    expect(acceptor.open(2, retry)).toBe(true)
    expect(acceptor.open(2, commit(digestOf(1)))).toBe(false)
    expect(acceptor.proposal).toBe(retry)
    expect(acceptor.accept()?.value.kind).toBe('retry')
    expect(acceptor.open(2, commit(digestOf(1)))).toBe(false)
    expect(acceptor.open(5, commit(digestOf(1)))).toBe(true)
  })

  it('promises by opening: nothing below is accepted any more', () => {
    const acceptor = create()
    acceptor.open(4, retry)
    expect(acceptor.promised).toBe(4)
    expect(acceptor.promise(4)).toBe(false)
  })

  it('accepts a retry at once', () => {
    const acceptor = create()
    acceptor.promise(1)
    acceptor.open(1, retry)
    const value = acceptor.accept()?.value
    expect(value).toMatchObject({ kind: 'retry', result: undefined, reason: 'so' })
    expect(value?.next).toMatchObject({ sequence: 7, attempt: 2, members: membersOf(2) })
  })

  it('accepts a commit that names its result only when it holds that one', () => {
    const acceptor = create()
    acceptor.open(1, commit(digestOf(5)))
    expect(acceptor.accept()).toBeUndefined()
    acceptor.held = digestOf(6)
    expect(acceptor.accept()).toBeUndefined()
    acceptor.held = digestOf(5)
    expect(acceptor.accept()?.value.result).toEqual(digestOf(5))
  })

  it('need not hold it when it cannot come to any more, but has to be told which', () => {
    const named = create()
    named.open(1, commit(digestOf(5)))
    expect(named.accept(true)?.value.result).toEqual(digestOf(5))
    const open = create()
    open.open(1, commit())
    expect(open.accept(true)).toBeUndefined()
    const rival = create()
    rival.held = digestOf(6)
    rival.open(1, commit(digestOf(5)))
    expect(rival.accept(true)?.value.result).toEqual(digestOf(5))
  })

  it('accepts a commit of whatever comes with the result it has', () => {
    const acceptor = create()
    acceptor.open(1, commit())
    expect(acceptor.proposal?.result).toBeUndefined()
    acceptor.held = digestOf(9)
    expect(acceptor.accept()?.value.result).toEqual(digestOf(9))
  })

  it('forgets nothing that it accepted when it promises more', () => {
    const acceptor = create()
    acceptor.held = digestOf(5)
    const acceptance = acceptor.accept()
    acceptor.promise(9)
    expect(acceptor.accepted).toBe(acceptance)
    expect(acceptor.proposal).toBeUndefined()
  })
})
