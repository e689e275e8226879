import { describe, expect, it } from 'vitest'

import { createMeasurement } from '../src/measure.ts'

/** A stopwatch whose time passes only when told to. */
function createTime() {
  let time = 0
  let collections = 0
  return {
    pass: (ms: number): void => void (time += ms),
    collections: () => collections,
    stopwatch: { now: () => time, collect: () => void collections++ }
  }
}

describe('a measurement', () => {
  it('is the time of one call, however often a sample calls', async () => {
    const { pass, stopwatch, collections } = createTime()
    let calls = 0
    const run = (): void => {
      calls++
      pass(0.5)
    }
    const measurement = createMeasurement('work', { run }, stopwatch)
    await measurement.prepare()
    const before = calls
    expect(before).toBeGreaterThanOrEqual(400)
    expect(await measurement.sample()).toEqual({ value: 0.5, unit: 'ms' })
    expect(calls - before).toBe(40)
    expect(collections()).toBe(1)
  })

  it('is a rate where the work has a size', async () => {
    const { pass, stopwatch } = createTime()
    const measurement = createMeasurement('work', { bytes: 5e6, run: () => pass(2) }, stopwatch)
    await measurement.prepare()
    expect(await measurement.sample()).toEqual({ value: 2500, unit: 'MB/s' })
  })

  it('calls long work once a sample, and awaits it', async () => {
    const { pass, stopwatch } = createTime()
    let calls = 0
    const run = async (): Promise<void> => {
      await Promise.resolve()
      calls++
      pass(300)
    }
    const measurement = createMeasurement('work', { run }, stopwatch)
    await measurement.prepare()
    expect(calls).toBe(1)
    expect(await measurement.sample()).toEqual({ value: 300, unit: 'ms' })
    expect(calls).toBe(2)
  })

  it('takes the reading of work that reports one', async () => {
    const { stopwatch } = createTime()
    let calls = 0
    const run = () => Promise.resolve({ value: ++calls, unit: 'rounds' })
    const measurement = createMeasurement('work', { run }, stopwatch)
    await measurement.prepare()
    expect(await measurement.sample()).toEqual({ value: 2, unit: 'rounds' })
    expect(await measurement.sample()).toEqual({ value: 3, unit: 'rounds' })
  })

  it('drops results that are no readings', async () => {
    const { pass, stopwatch } = createTime()
    const run = () => {
      pass(250)
      return { value: 'a word', unit: 'ms' }
    }
    const measurement = createMeasurement('work', { run }, stopwatch)
    await measurement.prepare()
    expect(await measurement.sample()).toEqual({ value: 250, unit: 'ms' })
  })

  it('prepares once, hands over what it made, and gives it back', async () => {
    const { pass, stopwatch } = createTime()
    const log: string[] = []
    const measurement = createMeasurement(
      'work',
      {
        prepare: () => Promise.resolve('state').finally(() => log.push('prepare')),
        run: (state: string) => {
          log.push(state)
          pass(250)
        },
        cleanUp: (state: string) => void log.push(`clean ${state}`)
      },
      stopwatch
    )
    await measurement.prepare()
    await measurement.sample()
    await measurement.cleanUp()
    expect(log).toEqual(['prepare', 'state', 'state', 'clean state'])
  })

  it('passes on what the work throws', async () => {
    const { stopwatch } = createTime()
    const run = (): never => {
      throw new Error('broken work')
    }
    await expect(createMeasurement('work', { run }, stopwatch).prepare()).rejects.toThrow(
      'broken work'
    )
  })
})
