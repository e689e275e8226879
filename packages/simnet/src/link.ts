import type { Random } from '@daa-compute/interface'
import { checkAtLeast, checkFinite, SimnetError } from './errors.ts'

/** Delay of one way, in ms: fixed, or drawn evenly from a range for each message. */
export type Latency = number | { readonly min: number; readonly max: number }

/** The quality of the way from one peer to another. */
export interface LinkOptions {
  /** Delay of one way, in ms; what is left out is taken from the simnet. */
  readonly latencyMs?: Latency | undefined
  /** Added to the delay, drawn evenly from 0 to this for each message, in ms. Default: the simnet's. */
  readonly jitterMs?: number | undefined
  /** Bits per second that all channels of this way share; `Infinity` for no limit. */
  readonly bandwidth?: number | undefined
}

/** The quality of a way, with nothing left out. */
export interface LinkQuality {
  readonly latencyMs: Latency
  readonly jitterMs: number
  readonly bandwidth: number
}

/**
 * How messages get from one peer to another. Everything that shapes the traffic between two peers
 * is in here, one object per direction.
 */
export interface Link {
  /** Sends `length` bytes now and says at which moment they have arrived, in ms. */
  transmit(nowMs: number, length: number): number
  /** The same for a control message, whose length does not count. */
  signal(nowMs: number): number
}

/**
 * A link with a delay and a serial line: a message waits until the line has sent the ones before
 * it, takes `length · 8 / bandwidth` on the line, and then the delay.
 *
 * @param stream makes the stream that delays are drawn from, when the first one is
 */
export function createLink(
  { latencyMs, jitterMs, bandwidth }: LinkQuality,
  stream: () => Random
): Link {
  const { min, max } = latencyRange(latencyMs)
  checkFinite('jitterMs', jitterMs, 0)
  checkAtLeast('bandwidth', bandwidth, Number.MIN_VALUE)
  const millisecondsPerByte = 8000 / bandwidth
  let freeAtMs = 0
  let random: Random | undefined

  function delay(): number {
    if (min === max && jitterMs === 0) return min
    random ??= stream()
    const latency = min === max ? min : min + random.next() * (max - min)
    return jitterMs === 0 ? latency : latency + random.next() * jitterMs
  }

  return {
    transmit(nowMs, length) {
      freeAtMs = Math.max(freeAtMs, nowMs) + length * millisecondsPerByte
      return freeAtMs + delay()
    },
    signal: (nowMs) => nowMs + delay()
  }
}

/** Checks a latency and gives it the form of a range. */
export function latencyRange(latency: Latency): { readonly min: number; readonly max: number } {
  const range = typeof latency === 'number' ? { min: latency, max: latency } : latency
  if (!(range.min >= 0 && range.max >= range.min && range.max < Infinity)) {
    throw new SimnetError(
      'BAD_OPTION',
      `latencyMs must be finite, not negative and its max not below its min, got ${JSON.stringify(latency)}`,
      { option: 'latencyMs', value: latency }
    )
  }
  return range
}
