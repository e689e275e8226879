import { clockConformance } from '@daa-compute/testing'
import { describe, expect, it } from 'vitest'
import { createSimnet } from '../src/index.ts'

clockConformance('simnet', () => {
  const { clock, run } = createSimnet({ seed: 1 })
  return { clock, run }
})

clockConformance('a peer of a simnet', () => {
  const simnet = createSimnet({ seed: 1 })
  return { clock: simnet.addPeer('a').clock, run: simnet.run }
})

describe('virtual time', () => {
  it('stands still while code runs and jumps to the next event', async () => {
    const { clock, run } = createSimnet({ seed: 1 })
    const times = await run(async () => {
      const seen = [clock.now()]
      for (const delayMs of [0.25, 3_600_000]) {
        await new Promise<void>((resolve) => clock.schedule(delayMs, resolve))
        for (let turn = 0; turn < 1000; turn++) await Promise.resolve()
        seen.push(clock.now())
      }
      return seen
    })
    expect(times).toEqual([0, 0.25, 3_600_000.25])
  })

  it('settles all promises of a moment before it goes on', async () => {
    const { clock, run } = createSimnet({ seed: 1 })
    const order = await run(async () => {
      const seen: string[] = []
      clock.schedule(1, () => {
        seen.push('first')
        void (async () => {
          for (let turn = 0; turn < 5000; turn++) await Promise.resolve()
          seen.push('after 5,000 microtasks')
        })()
      })
      await new Promise<void>((resolve) => clock.schedule(1.001, resolve))
      seen.push('second')
      return seen
    })
    expect(order).toEqual(['first', 'after 5,000 microtasks', 'second'])
  })

  it('settles what a call has resolved before the calls it has planned for the same moment', async () => {
    const { clock, run } = createSimnet({ seed: 1 })
    const order = await run(async () => {
      const seen: string[] = []
      await new Promise<void>((finish) => {
        clock.schedule(1, () => {
          void Promise.resolve().then(() => seen.push('promise'))
          clock.schedule(0, () => {
            seen.push('call')
            finish()
          })
        })
      })
      return seen
    })
    expect(order).toEqual(['promise', 'call'])
  })

  it('refuses a delay that is no number, and never calls back after infinity', async () => {
    const { clock, run } = createSimnet({ seed: 1 })
    expect(() => clock.schedule(NaN, () => {})).toThrow(
      expect.objectContaining({ name: 'SimnetError', code: 'BAD_OPTION' })
    )
    await expect(
      run(() => new Promise<void>((resolve) => clock.schedule(Infinity, resolve)))
    ).rejects.toMatchObject({ code: 'DEADLOCK' })
  })
})
