import type { ErrorFeedback, FeedbackRound } from '@daa-compute/interface'
import { MAX_RESIDUAL_LAYOUTS } from './constants.ts'

/** The residual of one layout, and the one that is in the making. */
interface Residual {
  current: Float32Array
  next: Float32Array
  /** Tells the latest try from those that were given up. */
  round: number
}

/**
 * Remembers what lossy encoding lost, for the next round to make up for.
 *
 * It takes twice the memory of the values per layout, because a round that fails
 * must not have changed anything. It keeps the 16 layouts that were used last.
 *
 * The caller's side, with any codec:
 *
 * ```ts
 * const round = feedback.begin('gradient', values.length)
 * round.add(values, 0)
 * const bytes = codec.encode(values)
 * codec.decode(bytes, decoded)
 * round.keep(values, decoded, 0, 1)
 * round.commit()
 * ```
 */
export function createErrorFeedback(): ErrorFeedback {
  const residuals = new Map<string, Residual>()
  return {
    begin(layout, length) {
      const known = residuals.get(layout)
      const residual = known?.current.length === length ? known : createResidual(length)
      // in the order of use, the latest last
      residuals.delete(layout)
      residuals.set(layout, residual)
      forgetOldest(residuals)
      return beginRound(residual)
    },
    forget(layout) {
      if (layout === undefined) residuals.clear()
      else residuals.delete(layout)
    }
  }
}

function createResidual(length: number): Residual {
  return { current: new Float32Array(length), next: new Float32Array(length), round: 0 }
}

function forgetOldest(residuals: Map<string, Residual>): void {
  for (const layout of residuals.keys()) {
    if (residuals.size <= MAX_RESIDUAL_LAYOUTS) return
    residuals.delete(layout)
  }
}

function beginRound(residual: Residual): FeedbackRound {
  const round = ++residual.round
  const { current, next } = residual
  // what this round encodes nothing of stays owed
  next.set(current)
  return {
    add(values, start) {
      for (let i = 0; i < values.length; i++) {
        values[i] = (values[i] as number) + (current[start + i] as number)
      }
    },
    keep(meant, sent, start, factor) {
      if (round !== residual.round) return
      for (let i = 0; i < meant.length; i++) {
        const lost = ((meant[i] as number) - (sent[i] as number)) * factor
        const single = Math.fround(lost)
        next[start + i] = single - single === 0 ? single : 0
      }
    },
    commit() {
      if (round !== residual.round) return
      residual.round++
      residual.current = next
      residual.next = current
    },
    rollback() {
      if (round === residual.round) residual.round++
    }
  }
}
