import { describe, expect, it } from 'vitest'

import { claimsOf, unmetClaims } from '../src/claims.ts'

describe('claimsOf', () => {
  it('takes the comments behind what is printed, and no others', () => {
    const code = [
      'const a = 1 // one',
      'console.log(a) // 1',
      '  console.log(f(a), `x`) // 2 x … ',
      '// a comment',
      'console.log(a)',
      "console.log('https://a.b')"
    ]
    expect(claimsOf(code.join('\n'))).toEqual(['1', '2 x …'])
  })
})

describe('unmetClaims', () => {
  it('looks for whole lines, in any order', () => {
    expect(unmetClaims(['b', 'a'], 'a\nb\n')).toEqual([])
    expect(unmetClaims(['1'], '11\n1 2\n')).toEqual(['1'])
    expect(unmetClaims(['true'], '')).toEqual(['true'])
  })

  it('takes what it says for what it is, not for a pattern', () => {
    expect(unmetClaims(['[ 0.5 ]'], '[ 0x5 ]')).toEqual(['[ 0.5 ]'])
    expect(unmetClaims(['[ 0.5 ] (all)'], '[ 0.5 ] (all)')).toEqual([])
  })

  it('lets an ellipsis be anything on a line, and white space any other', () => {
    expect(unmetClaims(['round 1, …', '2 …'], 'round 1, of four\n2 12345')).toEqual([])
    expect(unmetClaims(['{ a: 1, b: 2 }'], '{\n  a: 1,\n  b: 2\n}')).toEqual([])
    expect(unmetClaims(['a … b'], 'a\nb')).toEqual(['a … b'])
  })
})
