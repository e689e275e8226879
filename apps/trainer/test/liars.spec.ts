import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from 'commander'
import { readDigits, shardEvenly, shardOf, splitDigits } from '../src/digits.ts'
import { algorithmFor, parseRule } from '../src/flags.ts'
import { runJob } from '../src/job.ts'
import { summarize } from '../src/summary.ts'
import { createLiar, type Lie } from '../src/lies.ts'
import { createMixer } from '../src/optimizer.ts'
import { perform } from '../src/perform.ts'
import { ruleOf } from '../src/rule.ts'
import { runIdOf } from '../src/run-id.ts'
import type { PeerTask } from '../src/task.ts'

/** Steps after which it is clear where training goes. */
const STEPS = 120

describe('a swarm of five of which one lies', () => {
  const accuracyOf = async (rule: string | undefined, lie: Lie): Promise<number> => {
    const shard = { index: 0, count: 5 }
    const training = { shard, steps: STEPS, batch: 64, seed: 1, deal: 'evenly' } as const
    return (await perform({ kind: 'together', ...training, rule, liars: 1, lie })).accuracy
  }

  it.each(['sign', 'constant'] as const)('learns nothing by the mean: %s', async (lie) => {
    expect(await accuracyOf(undefined, lie)).toBeLessThan(0.8)
  })

  it.each([
    ['sign', 'median'],
    ['noise', 'centered-clip'],
    ['constant', 'median'],
    ['bias', 'centered-clip']
  ] as const)('learns amid %s by %s', async (lie, rule) => {
    expect(await accuracyOf(rule, lie)).toBeGreaterThan(0.88)
  })

  it('learns as processes of its own, and all have one model', async () => {
    const result = await runJob({
      ...{ peers: 5, steps: 40, batch: 32, codec: 'int8', algorithm: 'direct', seed: 1 },
      ...{ rule: 'centered-clip', deal: 'evenly', liars: 1, lie: 'sign' }
    })
    const { parametersIdentical, accuracy } = summarize(result, 1)
    expect(parametersIdentical).toBe(true)
    // by the mean, the sign turned would leave it below 0.2
    expect(accuracy).toBeGreaterThan(0.5)
  })
})

describe('a lie', () => {
  const told = (lie: Lie, index: number): Float32Array => {
    const gradient = Float32Array.of(1, -2, 3, 4)
    createLiar(lie, 1, index)(gradient)
    return gradient
  }

  it('is what it is called', () => {
    expect([...told('flip', 0)]).toEqual([-1, 2, -3, -4])
    expect([...told('sign', 0)]).toEqual([-10, 20, -30, -40])
    expect(new Set(told('constant', 0)).size).toBe(1)
    expect(told('noise', 0)).not.toEqual(told('noise', 1))
    expect(told('bias', 0)).toEqual(told('bias', 1))
    for (const [i, value] of told('bias', 0).entries()) {
      expect(Math.abs(value - [1, -2, 3, 4][i]!)).toBeCloseTo(0.006, 6)
    }
  })
})

describe('a rule as a flag', () => {
  it.each([
    ['median', { name: 'median' }],
    ['trimmed-mean:0.2', { name: 'trimmedMean', fraction: 0.2 }],
    ['krum:1', { name: 'krum', liars: 1, kept: 1 }],
    ['multi-krum:1:3', { name: 'krum', liars: 1, kept: 3 }],
    ['centered-clip', { name: 'centeredClip' }],
    ['centered-clip:0.5', { name: 'centeredClip', radius: 0.5 }]
  ])('is read: %s', (text, rule) => {
    expect(ruleOf(text)).toMatchObject(rule)
    expect(parseRule(text)).toBe(text)
  })

  it.each(['', 'mean', 'median:1', 'krum', 'krum:', 'krum:x', 'multi-krum:1', 'toString'])(
    'is refused: "%s"',
    (text) => {
      expect(() => parseRule(text)).toThrow(InvalidArgumentError)
    }
  )

  it('makes the algorithm direct, and the run another one', () => {
    expect(algorithmFor('int8', undefined, 'median')).toBe('direct')
    expect(algorithmFor('int8', 'ring', 'median')).toBe('ring')
    const task: PeerTask = {
      ...{ kind: 'peer', run: 'r', listen: [], bootstrap: [], mdns: false, peers: 2, minPeers: 2 },
      ...{ codec: 'int8', algorithm: 'direct', errorFeedback: true, thread: false },
      ...{ shard: { index: 0, count: 2 }, steps: 1, batch: 1, seed: 1 }
    }
    const ids = [task, { ...task, rule: 'median' }, { ...task, deal: 'evenly' as const }].map(
      runIdOf
    )
    expect(new Set(ids).size).toBe(3)
    // who lies does not say so
    expect(runIdOf({ ...task, lie: 'sign' })).toBe(ids[0])
  })
})

describe('digits that are dealt evenly', () => {
  it('are all somewhere, once, and some of each with everybody', async () => {
    const { train } = splitDigits(await readDigits())
    const parts = Array.from({ length: 7 }, (_, index) => shardEvenly(train, index, 7))
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(train.length)
    for (const { labels } of parts) expect(new Set(labels).size).toBe(10)
    expect(shardOf(train, 3, 7, 'evenly').labels).toEqual(parts[3]!.labels)
    expect(new Set(shardOf(train, 3, 7).labels).size).toBeLessThan(10)
    expect(() => shardEvenly(train, 7, 7)).toThrow(expect.objectContaining({ code: 'BAD_SHARD' }))
  })
})

describe('a running mean', () => {
  it('begins at nothing and comes to what stays the same', () => {
    const mix = createMixer(2)
    const seen: number[] = []
    for (let step = 0; step < 100; step++) {
      const gradient = Float32Array.of(1, -4)
      mix(gradient)
      seen.push(gradient[0]!)
      expect(gradient[1]).toBeCloseTo(-4 * gradient[0]!, 5)
    }
    expect(seen[0]).toBeCloseTo(0.1, 6)
    expect(seen[99]).toBeCloseTo(1, 3)
  })
})
