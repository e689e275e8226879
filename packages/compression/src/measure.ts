import type { Codec } from '@daa-compute/interface'

/** What {@link measure} finds. */
export interface Measurement {
  /** Bytes of the values as float32 over bytes of the encoding; 1 for no values. */
  readonly ratio: number
  /** Mean of the squared differences between the values and what comes back. */
  readonly mse: number
  /** The largest of these differences. */
  readonly maxError: number
  /** 10^9 bytes of values encoded per second. */
  readonly encodeGBps: number
  /** 10^9 bytes of values decoded per second. */
  readonly decodeGBps: number
}

/** Options of {@link measure}. */
export interface MeasureOptions {
  /** Milliseconds since any moment; default `performance.now`. */
  readonly now?: () => number
  /** At least that many ms go by for encoding, and as many for decoding; default 50. */
  readonly forMs?: number
  /** For codecs that round or choose by chance; default 0. */
  readonly seed?: bigint | number
}

const DEFAULT_FOR_MS = 50

/** Calls that nobody takes the time of: they let the engine compile. */
const WARM_UP_CALLS = 3

/** A clock that stands still must not make an endless loop. */
const MAX_CALLS = 10_000

/**
 * Encodes and decodes values again and again and says what a codec makes of them:
 * how small they get, what is lost, and how fast it is here, as the median of all
 * calls.
 *
 * @throws {CodecError} what the codec throws
 */
export function measure(
  values: Float32Array,
  codec: Codec,
  options: MeasureOptions = {}
): Measurement {
  const { now = () => performance.now(), forMs = DEFAULT_FOR_MS, seed = 0 } = options
  const out = new Uint8Array(codec.maxEncodedLength(values.length))
  const decoded = new Float32Array(values.length)
  const encoded = codec.encode(values, out, { seed }).slice()
  codec.decode(encoded, decoded)
  const encodeMs = medianMs(now, forMs, () => codec.encode(values, out, { seed }))
  const decodeMs = medianMs(now, forMs, () => codec.decode(encoded, decoded))
  return {
    ratio: values.length === 0 ? 1 : values.byteLength / encoded.length,
    ...errors(values, decoded),
    encodeGBps: gigabytesPerSecond(values.byteLength, encodeMs),
    decodeGBps: gigabytesPerSecond(values.byteLength, decodeMs)
  }
}

function errors(values: Float32Array, decoded: Float32Array): { mse: number; maxError: number } {
  let sum = 0
  let maxError = 0
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(values[i]! - decoded[i]!)
    sum += error * error
    maxError = Math.max(maxError, error)
  }
  return { mse: values.length === 0 ? 0 : sum / values.length, maxError }
}

function medianMs(now: () => number, forMs: number, run: () => void): number {
  for (let i = 0; i < WARM_UP_CALLS; i++) run()
  const times: number[] = []
  const begin = now()
  for (let before = begin; before - begin < forMs && times.length < MAX_CALLS;) {
    run()
    const after = now()
    times.push(after - before)
    before = after
  }
  const median = times.toSorted((a, b) => a - b)[times.length >>> 1] ?? 0
  // the clocks of browsers are too coarse for single calls
  return median > 0 ? median : times.reduce((sum, ms) => sum + ms, 0) / Math.max(1, times.length)
}

/** 0 where nothing was measured: no values, or a clock that stands still. */
function gigabytesPerSecond(bytes: number, ms: number): number {
  return ms === 0 ? 0 : bytes / ms / 1e6
}
