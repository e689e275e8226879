import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { harmless, harmlessNames } from '../src/harmless.ts'
import { chooseMuxer } from '../src/noise/choose-muxer.ts'
import { failureOf } from './admission/simulation.ts'

/** What no log or terminal should be made to print. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const FORGERY = '/yamux\n\u001B[2J12:00 ERROR \u202Eall is lost\u2028\uD800'

describe('text of somebody else in a message', () => {
  it('is shown without what steers a terminal or a log, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const shown = harmless(text)
        expect(shown).not.toMatch(STEERING)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown.length).toBeLessThanOrEqual(64)
      })
    )
    expect(harmless(FORGERY)).toBe('/yamux  [2J12:00 ERROR  all is lost \uFFFD')
    expect(harmless('/yamux/1.0.0')).toBe('/yamux/1.0.0')
  })

  it('is shown in part if it is very much', () => {
    expect(harmlessNames(['/a', '/b'])).toBe('/a or /b')
    const many = harmlessNames(Array<string>(1000).fill('x'.repeat(1000)))
    expect(many.length).toBeLessThan(600)
    expect(many).toMatch(/x or 992 more$/)
  })

  it('is shown so of multiplexers', async () => {
    const failure = await failureOf(
      (async () => chooseMuxer(['/yamux/1.0.0'], await Promise.resolve([FORGERY]), true))()
    )
    expect(failure).toMatchObject({ code: 'NO_COMMON_MUXER', detail: { remote: [FORGERY] } })
    expect((failure as Error).message).not.toMatch(STEERING)
  })
})
