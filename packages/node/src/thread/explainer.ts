import type { Clock } from '@daa-compute/interface'

/** How often a caller is told what its run or grid is doing, in ms, while it waits for it. */
const EXPLAIN_INTERVAL_MS = 100

/** Keeps what a caller on another thread can ask at once up to date. */
export interface Explainer {
  /** Tells the explanation, unless that was the last one told. */
  explain(): void
  /** Tells it now and again. @returns a function that ends it */
  watch(): () => void
  /** Tells nothing any more. */
  stop(): void
}

/**
 * @param look makes the explanation: data
 * @param hasRoom whether the caller is to be told more: it has not too much to read already
 */
export function createExplainer<Explanation>(
  clock: Clock,
  look: () => Explanation,
  hasRoom: () => boolean,
  tell: (explanation: Explanation) => void
): Explainer {
  let told = ''
  let watchers = 0
  let isOver = false
  let cancel: () => void = () => undefined

  const explain = (): void => {
    if (isOver || !hasRoom()) return
    const explanation = look()
    const text = JSON.stringify(explanation)
    if (text === told) return
    told = text
    tell(explanation)
  }
  const explainLater = (): void => {
    cancel = clock.schedule(EXPLAIN_INTERVAL_MS, () => {
      explain()
      explainLater()
    })
  }
  return {
    explain,
    watch() {
      if (watchers++ === 0) explainLater()
      // what the call has begun is to be seen at once
      queueMicrotask(explain)
      return () => {
        if (--watchers > 0) return
        cancel()
        explain()
      }
    },
    stop() {
      isOver = true
      cancel()
    }
  }
}
