import { describe, expect, it } from 'vitest'
import { comparePeerIds, MAX_PEER_ID_LENGTH, peerId } from '../src/index.ts'

describe('peerId', () => {
  it('brands printable text and refuses anything else', () => {
    expect(peerId('12D3KooWx')).toBe('12D3KooWx')
    for (const text of ['', 'a b', 'tab\t', 'é', 'x'.repeat(MAX_PEER_ID_LENGTH + 1)]) {
      expect(() => peerId(text)).toThrow(TypeError)
    }
  })

  it('orders by code unit, whatever the locale', () => {
    const ids = ['b', 'B', 'a', 'Z', '1'].map(peerId).toSorted(comparePeerIds)
    expect(ids).toEqual(['1', 'B', 'Z', 'a', 'b'])
  })
})
