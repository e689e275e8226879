import type { Clock } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'

/** A clock to test, and the way to run code by it. */
export interface ClockFixture {
  readonly clock: Clock
  /** Runs a test to its end; needed by a clock that somebody has to drive. Default: calls it. */
  readonly run?: <T>(main: () => Promise<T>) => Promise<T>
}

/** Makes a fresh clock for one test. */
export type ClockSetup = () => ClockFixture | Promise<ClockFixture>

/** One thing a clock has to do; rejects when it does not. */
export interface ClockCheck {
  readonly title: string
  check(clock: Clock): Promise<void>
}

/** Registers the conformance tests of the `Clock` contract. They take some 300 ms of its time. */
export function clockConformance(name: string, setup: ClockSetup): void {
  describe(`Clock: ${name}`, () => {
    for (const { title, check } of clockChecks) {
      it(title, async () => {
        const { clock, run = (main) => main() } = await setup()
        await run(() => check(clock))
      })
    }
  })
}

/** How long to wait for a call that must not come, in ms: several times the delays used here. */
const SETTLE_MS = 50

/** The conformance tests one by one, so that they can themselves be tested on faulty clocks. */
export const clockChecks: readonly ClockCheck[] = [
  {
    title: 'tells a time that does not run backwards',
    async check(clock) {
      let before = clock.now()
      expect(Number.isFinite(before)).toBe(true)
      for (let turn = 0; turn < 5; turn++) {
        await after(clock, 1)
        const now = clock.now()
        expect(now).toBeGreaterThanOrEqual(before)
        before = now
      }
    }
  },
  {
    title: 'calls back once, and not before the delay has passed',
    async check(clock) {
      for (const delayMs of [0, 0.5, 1, 7.25, 20]) {
        const dueMs = clock.now() + delayMs
        const calls: number[] = []
        clock.schedule(delayMs, () => calls.push(clock.now()))
        await after(clock, delayMs + SETTLE_MS)
        expect(calls).toHaveLength(1)
        expect(calls[0]).toBeGreaterThanOrEqual(dueMs)
      }
    }
  },
  {
    title: 'never calls back before schedule has returned',
    async check(clock) {
      for (const delayMs of [0, -1, -Infinity]) {
        let returned = false
        const sawReturn = new Promise<boolean>((resolve) => {
          clock.schedule(delayMs, () => resolve(returned))
        })
        returned = true
        expect(await sawReturn).toBe(true)
      }
    }
  },
  {
    title: 'takes a negative delay for zero',
    async check(clock) {
      const order: string[] = []
      clock.schedule(20, () => order.push('in 20 ms'))
      clock.schedule(-1000, () => order.push('1 s ago'))
      await after(clock, SETTLE_MS)
      expect(order).toEqual(['1 s ago', 'in 20 ms'])
    }
  },
  {
    title: 'calls back in the order in which calls fall due',
    async check(clock) {
      const order: number[] = []
      for (const delayMs of [30, 10, 20, 0]) clock.schedule(delayMs, () => order.push(delayMs))
      await after(clock, SETTLE_MS)
      expect(order).toEqual([0, 10, 20, 30])
    }
  },
  {
    title: 'does not make a cancelled call, and makes the others',
    async check(clock) {
      const calls: string[] = []
      clock.schedule(5, () => calls.push('before'))
      const cancel = clock.schedule(5, () => calls.push('cancelled'))
      clock.schedule(5, () => calls.push('after'))
      cancel()
      cancel()
      await after(clock, SETTLE_MS)
      expect(calls.toSorted()).toEqual(['after', 'before'])
    }
  },
  {
    title: 'lets one call cancel another that is due at the same time',
    async check(clock) {
      const calls: string[] = []
      const cancels: (() => void)[] = []
      for (const [own, other] of [
        ['first', 1],
        ['second', 0]
      ] as const) {
        const call = (): void => {
          calls.push(own)
          cancels[other]?.()
        }
        cancels.push(clock.schedule(5, call))
      }
      await after(clock, SETTLE_MS)
      expect(calls).toHaveLength(1)
    }
  },
  {
    title: 'takes the cancelling of a call that was made for nothing',
    async check(clock) {
      const calls: string[] = []
      const cancel = clock.schedule(1, () => calls.push('first'))
      await after(clock, SETTLE_MS)
      // a number that is used again must not hit somebody else's call
      clock.schedule(1, () => calls.push('second'))
      cancel()
      await after(clock, SETTLE_MS)
      expect(calls).toEqual(['first', 'second'])
    }
  },
  {
    title: 'keeps delays that do not fit into a timer of 31 bits',
    async check(clock) {
      let calls = 0
      const cancels = [2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map((delayMs) =>
        clock.schedule(delayMs, () => calls++)
      )
      await after(clock, SETTLE_MS)
      for (const cancel of cancels) cancel()
      expect(calls).toBe(0)
    }
  },
  {
    title: 'lets a call schedule the next one',
    async check(clock) {
      const startMs = clock.now()
      const times = await new Promise<readonly number[]>((resolve) => {
        const calls: number[] = []
        const tick = (): void => {
          calls.push(clock.now())
          if (calls.length < 4) clock.schedule(5, tick)
          else resolve(calls)
        }
        clock.schedule(5, tick)
      })
      let before = startMs
      for (const time of times) {
        expect(time).toBeGreaterThanOrEqual(before + 5)
        before = time
      }
    }
  }
]

/** Resolves when the clock calls back. */
function after(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve)
  })
}
