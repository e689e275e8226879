import { type Case, isReading, type Reading, readingOf } from './case.ts'

type Awaitable<T> = T | Promise<T>

/** A case that is a function of this process. */
export interface MeasureInit<State> {
  /** Bytes that one call works through; the case is then a rate in MB/s (10⁶ bytes), else in ms. */
  readonly bytes?: number
  /** Makes what `run` works on; not measured. */
  readonly prepare?: () => Awaitable<State>
  /**
   * The work, called as often as one sample needs. What it returns is dropped;
   * but where that is a {@link Reading}, it is the sample, and the work is
   * called once for each.
   */
  readonly run: (state: State) => unknown
  /** Releases what `prepare` made; not measured. */
  readonly cleanUp?: (state: State) => Awaitable<void>
}

/** What measuring takes from the platform. */
export interface Stopwatch {
  /** Milliseconds. */
  now(): number
  /** Removes garbage, so that nobody pays for what another has dropped. */
  collect(): void
}

/** A sample is at least this long: a thousand times what a clock of 5 µs resolves. */
const SAMPLE_MS = 20

/** Long enough for the compiler to have done what it will do. */
const WARM_UP_MS = 200

export function createMeasurement<State>(
  name: string,
  init: MeasureInit<State>,
  { now, collect }: Stopwatch
): Case {
  let state: State
  let calls = 1

  /** @returns what the work itself reported, or the duration of all calls */
  async function repeat(): Promise<Reading | number> {
    const startedAt = now()
    for (let i = 0; i < calls; i++) {
      let result = init.run(state)
      if (result instanceof Promise) result = await result
      if (isReading(result)) return result
    }
    return now() - startedAt
  }

  return {
    name,
    async prepare() {
      // where there is nothing to prepare, State is undefined
      state = (await init.prepare?.()) as State
      const startedAt = now()
      let duration = await repeat()
      if (typeof duration !== 'number') return
      while (now() - startedAt < WARM_UP_MS || duration < SAMPLE_MS) {
        if (duration < SAMPLE_MS) calls *= 2
        const outcome = await repeat()
        if (typeof outcome !== 'number') throw new Error(`${name} reports only now and then`)
        duration = outcome
      }
      calls = Math.max(1, Math.ceil((SAMPLE_MS * calls) / duration))
    },
    async sample() {
      collect()
      const outcome = await repeat()
      return typeof outcome === 'number' ? readingOf(outcome / calls, init.bytes) : outcome
    },
    async cleanUp() {
      await init.cleanUp?.(state)
    }
  }
}
