import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  CHECKED,
  COLUMNS,
  isAsRequired,
  readAccuracies,
  tableOf
} from '../bench/rule-accuracies.ts'
import { createTester, type Trial } from '../bench/rule-trial.ts'
import { perform } from '../src/perform.ts'

const trial = { peers: 5, liars: 1, rule: 'median', lie: 'sign' } as const satisfies Trial

describe('a trial of a rule', () => {
  it.each([
    { ...trial, lie: 'bias' },
    { ...trial, rule: 'krum:1', lie: 'noise' },
    { ...trial, rule: 'mean', lie: 'flip' },
    { ...trial, rule: 'mean', lie: 'none' }
  ] as const)('comes to what the same peers of one process come to: $rule, $lie', async (each) => {
    const steps = 12
    const { peers, liars, rule, lie } = each
    const { accuracy } = await perform({
      ...{ kind: 'together', shard: { index: 0, count: peers }, steps, batch: 64, seed: 1 },
      ...{ deal: 'evenly', rule: rule === 'mean' ? undefined : rule },
      ...(lie === 'none' ? {} : { liars, lie })
    })
    const tester = await createTester()
    expect(await tester(each, steps)).toBe(accuracy)
  })
})

describe('what is required', () => {
  it('is 93% of rules, and less of the mean amid lies', () => {
    const met = (rule: string, lie: Trial['lie'], accuracy: number): boolean =>
      isAsRequired({ ...trial, rule, lie, accuracy })
    expect(met('median', 'bias', 0.93)).toBe(true)
    expect(met('centered-clip', 'flip', 0.929)).toBe(false)
    expect(met('mean', 'sign', 0.93)).toBe(false)
    expect(met('mean', 'bias', 0.929)).toBe(true)
    expect(met('mean', 'none', 0.929)).toBe(false)
    expect(met('krum:1', 'sign', 0.1)).toBe(true)
  })

  it('is met by what was measured amid two liars of ten', async () => {
    const measured = (await readAccuracies()).filter(({ peers }) => peers === 10)
    for (const rule of CHECKED) {
      const lies = measured.filter((one) => one.rule === rule).map(({ lie }) => lie)
      expect(lies.toSorted()).toEqual([...COLUMNS].toSorted())
    }
    expect(measured.filter((one) => !isAsRequired(one))).toEqual([])
  })
})

describe('docs/robust.md', () => {
  it.each([
    [5, 1],
    [10, 2]
  ])('has what was measured of %d peers with %d liars', async (peers, liars) => {
    const docs = await readFile(new URL('../../../docs/robust.md', import.meta.url), 'utf8')
    const all = await readAccuracies()
    expect(docs).toContain(tableOf(all.filter((one) => one.peers === peers && one.liars === liars)))
  })
})
