import { describe, expect, it } from 'vitest'
import { giveBack, isWorthwhile } from '../../src/noise/give-back.ts'

const LENGTH = 8192

describe('memory that is given back', () => {
  it('is gone at once', () => {
    const bytes = new Uint8Array(LENGTH)
    expect(isWorthwhile(bytes)).toBe(true)
    giveBack(bytes)
    expect(bytes.byteLength).toBe(0)
  })

  it.each([
    ['a part of memory that others may read', new Uint8Array(2 * LENGTH).subarray(LENGTH)],
    ['a part of a few bytes less', new Uint8Array(LENGTH).subarray(0, -1)],
    ['little', new Uint8Array(16)]
  ])('is not %s', (_, bytes) => {
    const { length } = bytes.fill(7)
    expect(isWorthwhile(bytes)).toBe(false)
    giveBack(bytes)
    expect(bytes.length).toBe(length)
    expect(bytes.every((byte) => byte === 7)).toBe(true)
  })

  it('is not what threads share, which cannot be', ({ skip }) => {
    if (typeof SharedArrayBuffer === 'undefined') skip('pages have it only where they are isolated')
    const bytes = new Uint8Array(new SharedArrayBuffer(LENGTH)).fill(7)
    giveBack(bytes)
    expect(bytes[LENGTH - 1]).toBe(7)
  })
})
