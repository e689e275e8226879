import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/index.ts'
import { limitsOf } from '../../src/limits/limits.ts'

describe('limits', () => {
  it('are the default ones but for those that are chosen', () => {
    expect(limitsOf()).toEqual(DEFAULT_LIMITS)
    expect(limitsOf({ maxConnections: 7, idleTimeoutMs: Infinity })).toEqual({
      ...DEFAULT_LIMITS,
      maxConnections: 7,
      idleTimeoutMs: Infinity
    })
  })

  it('cannot be changed once they hold', () => {
    expect(Object.isFrozen(limitsOf())).toBe(true)
    expect(Object.isFrozen(DEFAULT_LIMITS)).toBe(true)
  })

  it.each([
    ['maxConnections', 0],
    ['maxConnections', -1],
    ['maxConnections', NaN],
    ['maxConnections', '300'],
    ['maxConnexions', 300]
  ])('cannot be: %s %s', (name, value) => {
    expect(() => limitsOf({ [name]: value })).toThrow(
      expect.objectContaining({ name: 'LimitsError', code: 'BAD_LIMIT', detail: { name, value } })
    )
  })
})
