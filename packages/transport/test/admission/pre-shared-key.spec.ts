import type { Introduction, PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { MAX_KEY_LENGTH, preSharedKey } from '../../src/index.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => i)
const challenge = Uint8Array.from({ length: 64 }, (_, i) => 255 - i)
const [alice, bob, carol] = ['alice', 'bob', 'carol'] as [PeerId, PeerId, PeerId]

const atAlice: Introduction = { run: 'a run', self: alice, peer: bob, challenge }
const atBob: Introduction = { run: 'a run', self: bob, peer: alice, challenge }

describe('a pre-shared key', () => {
  const admission = preSharedKey(key)

  it('is proved by 32 bytes in which it does not occur', async () => {
    const proof = await admission.present(atAlice)
    expect(proof).toHaveLength(32)
    expect(proof).not.toEqual(key)
    expect(await admission.admit(atBob, proof)).toEqual({ admitted: true })
  })

  it.each<readonly [string, Introduction]>([
    ['for another run', { ...atBob, run: 'another run' }],
    ['by another peer', { ...atBob, peer: carol }],
    ['to another peer', { ...atBob, self: carol }],
    ['in the other direction', atAlice],
    ['before another time', { ...atBob, challenge: challenge.map((byte) => byte ^ 1) }],
    ['to other random bytes of the one', { ...atBob, challenge: challenge.with(0, 0) }],
    ['to other random bytes of the other', { ...atBob, challenge: challenge.with(63, 0) }]
  ])('proved %s is not proved', async (_, introduction) => {
    const proof = await admission.present(atAlice)
    expect(await admission.admit(introduction, proof)).toMatchObject({ code: 'WRONG_KEY' })
  })

  it('is proved by all of the bytes and no more', async () => {
    const proof = await admission.present(atAlice)
    expect(await admission.admit(atBob, Uint8Array.of(...proof, 0))).toMatchObject({
      code: 'WRONG_KEY'
    })
    expect(await admission.admit(atBob, new Uint8Array())).toMatchObject({ code: 'MISSING' })
    for (let i = 0; i < proof.length; i++) {
      const cut = await admission.admit(atBob, proof.subarray(0, i + 1))
      expect(cut.admitted, `${i}`).toBe(i === 31)
      const changed = await admission.admit(atBob, proof.with(i, proof[i]! ^ 0x10))
      expect(changed, `${i}`).toMatchObject({ code: 'WRONG_KEY' })
    }
  })

  it('is copied, and not another one', async () => {
    const mine = key.slice()
    const kept = preSharedKey(mine)
    mine.fill(0)
    expect(await kept.admit(atBob, await admission.present(atAlice))).toEqual({ admitted: true })
    const other = preSharedKey(key.with(31, 0))
    expect(await other.admit(atBob, await admission.present(atAlice))).toMatchObject({
      code: 'WRONG_KEY'
    })
  })

  it('is copied out of a Buffer, too, whose `slice` makes no copy', async () => {
    class Shared extends Uint8Array {
      override slice(): Uint8Array<ArrayBuffer> {
        return new Uint8Array(this.buffer)
      }
    }
    const mine = new Shared(key)
    const kept = preSharedKey(mine)
    mine.fill(0)
    expect(await kept.admit(atBob, await admission.present(atAlice))).toEqual({ admitted: true })
  })

  it('is not one that was wiped, or never filled: everybody has that', () => {
    expect(() => preSharedKey(new Uint8Array(32))).toThrow(
      expect.objectContaining({ name: 'AdmissionError', code: 'BAD_KEY', detail: { length: 32 } })
    )
    preSharedKey(new Uint8Array(32).with(31, 1))
  })

  it.each([0, 31, MAX_KEY_LENGTH + 1])('has not %i bytes', (length) => {
    expect(() => preSharedKey(new Uint8Array(length))).toThrow(
      expect.objectContaining({ name: 'AdmissionError', code: 'BAD_KEY', detail: { length } })
    )
  })
})
