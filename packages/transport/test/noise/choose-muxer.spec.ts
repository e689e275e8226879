import { describe, expect, it } from 'vitest'
import { chooseMuxer } from '../../src/noise/choose-muxer.ts'

describe('the multiplexer of a connection', () => {
  it('is the first of the initiator that both have, at both ends', () => {
    const [one, other] = [
      ['/a', '/b', '/c'],
      ['/c', '/b']
    ]
    expect(chooseMuxer(one, other, true)).toBe('/b')
    expect(chooseMuxer(other, one, false)).toBe('/b')
    expect(chooseMuxer(other, one, true)).toBe('/c')
    expect(chooseMuxer(one, other, false)).toBe('/c')
  })

  it('is chosen later where an end names none', () => {
    for (const initiator of [true, false]) {
      expect(chooseMuxer([], ['/a'], initiator)).toBe(undefined)
      expect(chooseMuxer(['/a'], [], initiator)).toBe(undefined)
      expect(chooseMuxer([], [], initiator)).toBe(undefined)
    }
  })

  it('is none where the two have none in common', () => {
    expect(() => chooseMuxer(['/a'], ['/b'], true)).toThrow(
      expect.objectContaining({
        code: 'NO_COMMON_MUXER',
        detail: { offered: ['/a'], remote: ['/b'] }
      }) as Error
    )
  })
})
