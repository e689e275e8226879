import { findChromium } from '@daa-compute/vitest/chromium'
import { describe, expect, it } from 'vitest'

import { runSuite } from '../src/run-suite.ts'
import { select } from '../src/select.ts'
import { collectCases, suite, takeSuites } from '../src/suite.ts'
import { workloads } from './fixtures/workloads.ts'

const module = new URL('fixtures/workloads.ts', import.meta.url)
const stopwatch = { now: () => performance.now(), collect: () => undefined }

function casesOf(...names: string[]): ReturnType<typeof collectCases> {
  suite('s', (s) => {
    s.sideBySide({
      workloads: Object.fromEntries(names.map((name) => [name, workloads[name]!])),
      module
    })
  })
  return collectCases(takeSuites()[0]!, stopwatch)
}

describe.skipIf(findChromium() === undefined)('workloads side by side', () => {
  it('are measured in both places, in turn, and compared by pairs', async () => {
    const rows = await runSuite('s', casesOf('sum', 'host'), 2)
    expect(rows.map(({ name, unit, reference }) => [name, unit, reference])).toEqual([
      ['sum, Node.js', 'MB/s', null],
      ['sum, Chromium', 'MB/s', 'sum, Node.js'],
      ['host, Node.js', 'process', null],
      ['host, Chromium', 'page', null]
    ])
    const [sum, elsewhere, here, there] = rows
    expect(sum!.value).toBeGreaterThan(0)
    expect(elsewhere!.ratio).toBeGreaterThan(0)
    // each host has the module to itself
    expect([here!.value, there!.value]).toEqual([1, 1])
  })

  it('are selected together with what they are compared to', () => {
    const chosen = select('s', casesOf('sum', 'host'), 'sum, Chromium')
    expect(chosen.cases.map(({ name }) => name)).toEqual(['sum, Node.js', 'sum, Chromium'])
  })

  it('fail by what is wrong with them, and can be run again after that', async () => {
    const cases = casesOf('sum', 'broken')
    await expect(runSuite('s', cases, 1)).rejects.toThrow('this one is broken')
    const { cases: again } = select('s', cases, 'sum')
    expect(await runSuite('s', { cases: again, reference: undefined }, 1)).toHaveLength(2)
  })

  it('fail in the page by what is wrong with them', async () => {
    const { cases } = casesOf('sum', 'broken')
    const inPage = cases.filter(({ name }) => name === 'broken, Chromium')
    await expect(runSuite('s', { cases: inPage, reference: undefined }, 1)).rejects.toThrow(
      'this one is broken'
    )
  })
})
