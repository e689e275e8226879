import type { ErrorFeedback, FeedbackRound } from '@daa-compute/interface'

/** Error feedback that shows what it holds. */
export interface PlainFeedback extends ErrorFeedback {
  /** The residual of the only layout there is; `undefined` before the first, and when forgotten. */
  readonly residual: Float32Array | undefined
}

/** The contract in as few lines as it takes, for one layout. */
export function createPlainFeedback(): PlainFeedback {
  let residual: Float32Array | undefined
  return {
    get residual() {
      return residual
    },
    begin(_layout, length): FeedbackRound {
      const before = residual
      const after = new Float32Array(length).fill(Number.NaN)
      return {
        add(values, start) {
          for (const [i, value] of values.entries()) values[i] = value + (before?.[start + i] ?? 0)
        },
        keep(meant, sent, start, factor) {
          for (const [i, value] of meant.entries()) {
            after[start + i] = (value - (sent[i] ?? 0)) * factor
          }
        },
        commit() {
          residual = after
        },
        rollback: () => undefined
      }
    },
    forget() {
      residual = undefined
    }
  }
}
