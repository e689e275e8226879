import { THROUGHPUT_SAMPLE_MS, THROUGHPUT_WINDOW_MS } from '../constants.ts'

interface Sample {
  readonly at: number
  readonly received: number
  readonly sent: number
}

/** Means in bits per second. */
export interface Rates {
  readonly received: number
  readonly sent: number
}

/**
 * What a connection carries per second, from its totals: the mean since the
 * oldest sample of the window.
 */
export class Throughput {
  readonly #samples: Sample[]

  /** @param at when the connection was opened, in ms of the same clock as the rest */
  constructor(at: number) {
    this.#samples = [{ at, received: 0, sent: 0 }]
  }

  /** To be called every {@link THROUGHPUT_SAMPLE_MS}. */
  sample(sample: Sample): void {
    const samples = this.#samples
    samples.push(sample)
    // the first but one is old enough to be the oldest
    while (samples.length > 2 && sample.at - samples[1]!.at >= THROUGHPUT_WINDOW_MS) samples.shift()
  }

  /** The rates at a moment, whose totals are given. */
  rates(now: Sample): Rates {
    const samples = this.#samples
    const oldest = samples.find(({ at }) => now.at - at <= THROUGHPUT_WINDOW_MS) ?? samples.at(-1)!
    // a moment after the beginning there is no rate yet
    const seconds = Math.max(now.at - oldest.at, THROUGHPUT_SAMPLE_MS / 10) / 1000
    return {
      received: ((now.received - oldest.received) * 8) / seconds,
      sent: ((now.sent - oldest.sent) * 8) / seconds
    }
  }
}
