import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { type PeerId, peerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { Slot } from '../src/round/consensus/slot.ts'
import { SlotInbox, type SlotInboxInit } from '../src/round/wire/slot-inbox.ts'
import { configOf } from './round-fixtures.ts'

type Where = 'waits' | 'ahead' | 'another life' | 'stranger'

/**
 * Whether a member of a slot gives it up.
 *
 * @param others those it has links with, by rank: strangers come after the members
 * @param voices who of them says that nothing is known there of the slot, in this order
 */
function isLost(
  size: number,
  others: Readonly<Record<number, Where>>,
  voices: readonly number[]
): boolean {
  const config = configOf(size)
  const slot = new Slot({
    ...{ config, rank: 0, hasher: sha256Hasher },
    sign: () => new Uint8Array(),
    publish: () => undefined,
    isAttended: () => false,
    cannotVote: () => undefined,
    decided: () => undefined
  })
  const nameOf = (rank: number): PeerId => peerId(`peer-${rank}`)
  const whereOf = (peer: PeerId): Where | undefined => others[Number(peer.slice('peer-'.length))]
  const positionOf = (peer: PeerId): object => ({
    ...{ lineage: config.lineage, size, attempt: 0 },
    sequence: whereOf(peer) === 'waits' ? config.sequence - 3 : config.sequence + 40
  })
  let isGivenUp = false
  const known: Partial<Record<keyof SlotInboxInit, unknown>> = {
    seat: {
      rankOf: (of: Slot, peer: PeerId) => (whereOf(peer) === 'another life' ? -1 : of.rankOf(peer))
    },
    peers: {
      linked: () => Object.keys(others).map((rank) => nameOf(Number(rank))),
      positions: { get: positionOf }
    },
    onLost: () => (isGivenUp = true)
  }
  const inbox = new SlotInbox(known as unknown as SlotInboxInit)
  for (const rank of voices) inbox.receive(slot, nameOf(rank), { type: 'expired', ...slot.ref })
  return isGivenUp
}

describe('a slot of which others know nothing any more', () => {
  it('is not given up for one voice while those who wait with it can decide it', () => {
    expect(isLost(4, { 1: 'waits', 2: 'waits', 3: 'ahead' }, [3])).toBe(false)
    expect(isLost(3, { 1: 'waits', 2: 'ahead' }, [2, 2, 2])).toBe(false)
  })

  it('is given up for two', () => {
    expect(isLost(5, { 1: 'waits', 2: 'waits', 3: 'ahead', 4: 'ahead' }, [3])).toBe(false)
    expect(isLost(5, { 1: 'waits', 2: 'waits', 3: 'ahead', 4: 'ahead' }, [3, 4])).toBe(true)
  })

  it('is given up for one where nobody else could tell, and too few wait with it', () => {
    expect(isLost(3, { 2: 'ahead' }, [2])).toBe(true)
    expect(isLost(5, { 1: 'waits', 3: 'ahead' }, [3])).toBe(true)
    expect(isLost(5, { 1: 'waits', 3: 'ahead', 4: 'ahead' }, [3])).toBe(false)
  })

  it('is given up for the voices of members in another life', () => {
    expect(isLost(5, { 1: 'waits', 2: 'another life', 3: 'ahead' }, [2])).toBe(false)
    expect(isLost(5, { 1: 'waits', 2: 'another life', 3: 'ahead' }, [2, 3])).toBe(true)
  })

  it('is given up for those of strangers only where no member is left that could tell', () => {
    expect(isLost(5, { 1: 'waits', 7: 'stranger', 8: 'stranger' }, [7, 8])).toBe(true)
    expect(isLost(5, { 1: 'waits', 2: 'ahead', 7: 'stranger', 8: 'stranger' }, [7, 8])).toBe(false)
    expect(isLost(3, { 1: 'waits', 7: 'stranger', 8: 'stranger' }, [7, 8])).toBe(false)
    expect(isLost(3, { 7: 'stranger', 8: 'stranger' }, [7])).toBe(false)
    expect(isLost(3, { 7: 'stranger', 8: 'stranger' }, [7, 8])).toBe(true)
  })

  it('is never given up where nobody else decides', () => {
    expect(isLost(1, { 7: 'stranger', 8: 'stranger' }, [7, 8])).toBe(false)
  })
})
