import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { RevocationLedger } from '../../src/admission/membership/revocation-ledger.ts'
import { MAX_TOKEN_LIFETIME_MS } from '../../src/admission/membership/constants.ts'

const owner = 'owner' as PeerId
const run = 'a run'

function peerOf(index: number): PeerId {
  return `peer-${index}` as PeerId
}

describe('revocation ledger', () => {
  it('remembers so many, and holds void what is older than those it forgot', () => {
    const ledger = new RevocationLedger(3)
    for (let i = 0; i < 5; i++) {
      const revocation = { owner, run, peer: peerOf(i), issuedMs: 1000 + i }
      expect(ledger.isNews(revocation)).toBe(true)
      ledger.add(revocation, Uint8Array.of(i), 2000)
    }
    expect(ledger.all().map(([first]) => first)).toEqual([2, 3, 4])
    for (let i = 0; i < 5; i++) {
      expect(ledger.isRevoked({ peer: peerOf(i), issuedMs: 1000 + i })).toBe(true)
    }
    const bystander = peerOf(9)
    expect(ledger.isRevoked({ peer: bystander, issuedMs: 1001 })).toBe(true)
    expect(ledger.isRevoked({ peer: bystander, issuedMs: 1002 })).toBe(false)
    // what it forgot is not news again
    expect(ledger.isNews({ owner, run, peer: peerOf(0), issuedMs: 1000 })).toBe(false)
  })

  it('forgets first what concerns no token any more', () => {
    const ledger = new RevocationLedger(2)
    const nowMs = MAX_TOKEN_LIFETIME_MS + 5000
    ledger.add({ owner, run, peer: peerOf(0), issuedMs: 4000 }, Uint8Array.of(0), nowMs)
    ledger.add({ owner, run, peer: peerOf(1), issuedMs: 6000 }, Uint8Array.of(1), nowMs)
    ledger.add({ owner, run, peer: peerOf(2), issuedMs: 7000 }, Uint8Array.of(2), nowMs)
    expect(ledger.all().map(([first]) => first)).toEqual([1, 2])
    expect(ledger.isRevoked({ peer: peerOf(9), issuedMs: 4000 })).toBe(false)
    expect(ledger.isRevoked({ peer: peerOf(1), issuedMs: 6000 })).toBe(true)
  })
})
