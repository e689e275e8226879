import type { Codec, CollectiveCompressor, CollectiveRound, Exchange } from '@daa-compute/interface'

/** A compressor that shows what it holds. */
export interface RoundingCompressor extends CollectiveCompressor {
  /** What this rank's contribution has lost. */
  readonly residual: Float32Array | undefined
  /** The last result that counted: the same at all ranks that had a part in it. */
  readonly result: Float32Array | undefined
}

/**
 * Two exchanges: the largest magnitude of all, then values in eighths of it. With
 * error feedback, and it remembers the result, as others do a warm start.
 *
 * @param codec of the second exchange
 */
export function createRoundingCompressor(length: number, codec?: Codec): RoundingCompressor {
  let residual: Float32Array | undefined
  let latest: Float32Array | undefined
  return {
    name: 'rounding',
    layout: String(length),
    get residual() {
      return residual
    },
    get result() {
      return latest
    },
    assertFits(request) {
      if (request.op !== 'mean' || request.dtype !== 'float32' || request.length !== length) {
        throw new RangeError('it does not fit')
      }
    },
    begin(values, { weight }): CollectiveRound {
      const input = values.map((value, i) => value + (residual?.[i] ?? 0))
      const largest = Float32Array.of(
        input.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
      )
      const sent = new Float32Array(length)
      let lost = new Float32Array(length)
      function* exchanges(): Generator<Exchange, void> {
        yield { op: 'max', values: largest }
        const step = (largest[0] ?? 0) / 8
        for (const [i, value] of input.entries()) {
          sent[i] = step === 0 ? 0 : Math.round(value / step) * step
        }
        lost = input.map((value, i) => value - (sent[i] ?? 0))
        yield { op: 'mean', values: sent, codec }
      }
      const running = exchanges()
      return {
        next: () => running.next().value ?? undefined,
        finish: (out) => out.set(sent),
        commit(result) {
          latest = result.slice()
          if (weight > 0) residual = lost
        },
        rollback: () => undefined
      }
    },
    forget() {
      residual = undefined
      latest = undefined
    }
  }
}
