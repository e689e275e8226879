import { describe, expect, it } from 'vitest'

import type { Case } from '../src/case.ts'
import type { Requirement } from '../src/requirement.ts'
import { type Row, runSuite } from '../src/run-suite.ts'
import { select } from '../src/select.ts'
import { type Cases, collectCases, type Suite, suite, takeSuites } from '../src/suite.ts'
import { formatNumber, formatTable } from '../src/table.ts'

/** A case with given readings that writes down when it is called. */
function scripted(name: string, values: readonly number[], log: string[], unit = 'MB/s'): Case {
  let next = 0
  return {
    name,
    prepare: () => Promise.resolve(void log.push(`prepare ${name}`)),
    sample() {
      log.push(name)
      return Promise.resolve({ value: values[next++] as number, unit })
    },
    cleanUp: () => Promise.resolve(void log.push(`clean ${name}`))
  }
}

describe('runSuite', () => {
  it('warms all up, then samples them in turn', async () => {
    const log: string[] = []
    const cases = [scripted('a', [1, 2], log), scripted('b', [3, 4], log)]
    const taken: number[] = []
    await runSuite('s', { cases, reference: 'a' }, 2, (n) => taken.push(n))
    expect(log).toEqual(['prepare a', 'prepare b', 'a', 'b', 'a', 'b', 'clean a', 'clean b'])
    expect(taken).toEqual([1, 2])
  })

  it('gives medians, spread and ratios of pairs', async () => {
    const cases = [scripted('ours', [2, 20, 3], []), scripted('bare', [4, 40, 6], [])]
    const rows = await runSuite('s', { cases, reference: 'bare' }, 3)
    expect(rows[0]).toEqual({
      suite: 's',
      name: 'ours',
      value: 3,
      unit: 'MB/s',
      reference: 'bare',
      ratio: 0.5,
      must: null,
      met: null,
      spread: { min: 2, p25: 2.5, p75: 11.5, max: 20 },
      samples: 3
    })
    expect(rows[1]).toMatchObject({ name: 'bare', reference: 'bare', ratio: 1 })
  })

  it('does not compare what has another unit, or nothing to compare to', async () => {
    const cases = [scripted('a', [1], [], 'ms'), scripted('b', [1], [])]
    const [a] = await runSuite('s', { cases, reference: 'b' }, 1)
    expect(a).toMatchObject({ reference: null, ratio: null })
    const alone = await runSuite('s', { cases: [scripted('a', [1], [])], reference: undefined }, 1)
    expect(alone).toMatchObject([{ reference: null, ratio: null }])
  })

  it('cleans up after a failure', async () => {
    const log: string[] = []
    const broken: Case = {
      ...scripted('b', [], log),
      sample: () => Promise.reject(new Error('broken'))
    }
    const running = runSuite(
      's',
      { cases: [scripted('a', [1], log), broken], reference: undefined },
      1
    )
    await expect(running).rejects.toThrow('broken')
    expect(log.slice(-2)).toEqual(['clean a', 'clean b'])
  })

  it('refuses a case that changes its unit', async () => {
    let n = 0
    const fickle: Case = {
      ...scripted('a', [], []),
      sample: () => Promise.resolve({ value: 1, unit: n++ === 0 ? 'ms' : 's' })
    }
    await expect(runSuite('s', { cases: [fickle], reference: undefined }, 2)).rejects.toThrow(
      'a reported in several units: ms, s'
    )
  })
})

describe('what cases must reach', () => {
  const run = async (requirement: Requirement): Promise<Row | undefined> => {
    const cases = [scripted('a', [2, 3, 9], []), scripted('b', [2, 2, 2], [])]
    const requirements = new Map([['a', requirement]])
    return (await runSuite('s', { cases, reference: 'b', requirements }, 3))[0]
  }

  it.each([
    [{ of: 'median', atLeast: 3 }, '≥ 3.00', true],
    [{ of: 'median', atLeast: 3.1 }, '≥ 3.10', false],
    [{ of: 'median', atMost: 2.9 }, '≤ 2.90', false],
    [{ of: 'median', atLeast: 2, atMost: 4 }, '≥ 2.00 and ≤ 4.00', true],
    [{ of: 'worst', atMost: 8 }, '≤ 8.00 at worst', false],
    [{ of: 'worst', atMost: 9 }, '≤ 9.00 at worst', true],
    [{ of: 'worst', atLeast: 2.5 }, '≥ 2.50 at worst', false],
    [{ of: 'ratio', atLeast: 1.5 }, '≥ 1.50 × reference', true],
    [{ of: 'ratio', atLeast: 1.6 }, '≥ 1.60 × reference', false]
  ] as const)('is told: %j', async (requirement, must, met) => {
    expect(await run(requirement)).toMatchObject({ must, met })
  })

  it('stands in the table, for the cases that have one', async () => {
    const cases = [scripted('a', [2], []), scripted('b', [4], []), scripted('c', [1], [])]
    const requirements = new Map([
      ['a', { of: 'median', atLeast: 3 }],
      ['b', { of: 'median', atLeast: 3 }]
    ] as const)
    const rows = await runSuite('s', { cases, reference: undefined, requirements }, 1)
    const [head, a, b, c] = formatTable(rows).split('\n')
    expect([head?.endsWith('  must be'), a?.endsWith('  ≥ 3.00: MISSED')]).toEqual([true, true])
    expect([b?.endsWith('  ≥ 3.00: met'), c?.includes('met')]).toEqual([true, false])
  })

  it('is refused where nothing could be missed', async () => {
    for (const [bad, why] of [
      [{ of: 'median' }, 'a must be something: say atLeast or atMost'],
      [{ of: 'worst', atMost: Number.NaN }, 'as finite numbers']
    ] as const) {
      const body: Suite['body'] = (s) => {
        s.measure('a', () => {})
        s.must('a', bad)
      }
      const collect = (): Cases => collectCases({ name: 's', samples: 1, body }, stopwatch)
      expect(collect).toThrow(why)
    }
    const lost: Suite['body'] = (s) => s.must('b', { of: 'median', atLeast: 1 })
    expect(() => collectCases({ name: 's', samples: 1, body: lost }, stopwatch)).toThrow(
      's has no case named b that must reach something'
    )
    const requirements = new Map([['a', { of: 'ratio', atLeast: 1 }]] as const)
    const alone = { cases: [scripted('a', [1], [])], reference: undefined, requirements }
    await expect(runSuite('s', alone, 1)).rejects.toThrow('a must have a ratio')
  })
})

const stopwatch = { now: () => 0, collect: () => {} }

describe('suite', () => {
  it('collects its cases when its turn comes, once', () => {
    let bodies = 0
    suite(
      'named',
      (s) => {
        bodies++
        s.reference('b')
        s.measure('a', () => {})
        s.measure('b', { prepare: () => 1, run: (one) => one + 1 })
      },
      { samples: 3 }
    )
    expect(bodies).toBe(0)
    const [found, ...others] = takeSuites()
    if (found === undefined) throw new Error('no suite')
    expect([found.name, found.samples, others, takeSuites()]).toEqual(['named', 3, [], []])
    const { cases, reference } = collectCases(found, stopwatch)
    expect([cases.map(({ name }) => name), reference]).toEqual([['a', 'b'], 'b'])
  })

  it('refuses two cases of one name, and a reference that is none', () => {
    const twice = {
      name: 's',
      samples: 1,
      body: (s: { measure(n: string, f: () => void): void }) => {
        s.measure('a', () => {})
        s.measure('a', () => {})
      }
    }
    expect(() => collectCases(twice, stopwatch)).toThrow('s has two cases named a')
    const lost = {
      name: 's',
      samples: 1,
      body: (s: { reference(n: string): void }) => s.reference('b')
    }
    expect(() => collectCases(lost, stopwatch)).toThrow('s has no case named b')
  })
})

describe('select', () => {
  const cases = ['ours', 'theirs', 'bare'].map((name) => scripted(name, [], []))
  const names = (word: string): string[] =>
    select('bench/all.bench.ts all-reduce', { cases, reference: 'bare' }, word).cases.map(
      ({ name }) => name
    )

  it('takes a whole suite, or cases with what they are compared to', () => {
    expect(names('')).toEqual(['ours', 'theirs', 'bare'])
    expect(names('reduce')).toEqual(['ours', 'theirs', 'bare'])
    expect(names('ours')).toEqual(['ours', 'bare'])
    expect(names('nothing')).toEqual([])
  })
})

describe('the table', () => {
  it('lines columns up and names the reference', () => {
    const spread = { min: 1, p25: 2, p75: 3, max: 4000 }
    const row = {
      ...{ suite: 's', unit: 'MB/s', reference: 'bare', spread, samples: 3 },
      ...{ must: null, met: null }
    }
    expect(
      formatTable([
        { ...row, name: 'ours', value: 1234.5, ratio: 0.517 },
        { ...row, name: 'bare', value: 0.01234, ratio: 1 },
        { ...row, name: 'other', value: 12.34, unit: 'ms', ratio: null, reference: null }
      ])
    ).toBe(
      [
        'case              median  unit  × reference   min   p25   p75   max',
        'ours                1235  MB/s        0.517  1.00  2.00  3.00  4000',
        'bare (reference)  0.0123  MB/s         1.00  1.00  2.00  3.00  4000',
        'other               12.3  ms                 1.00  2.00  3.00  4000'
      ].join('\n')
    )
  })

  it.each([
    [0, '0'],
    [0.000123456, '0.000123'],
    [9.999, '10.00'],
    [-5, '-5.00'],
    [99.95, '100.0'],
    [123456.7, '123457']
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text)
  })
})
