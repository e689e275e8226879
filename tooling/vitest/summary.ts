import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** What became of the specs of a run. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The one line a machine reads: `12 passed, 0 failed`, with `, 3 skipped` where some were. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`
  return skipped === 0 ? line : `${line}, ${skipped} skipped`
}

/**
 * Counts specs as they ended. What fails outside of any spec counts as a
 * failure too: a file that does not load, an error nobody caught.
 */
export function countSpecs(
  modules: readonly TestModule[],
  unhandled: readonly SerializedError[]
): Counts {
  let passed = 0
  let failed = unhandled.length
  let skipped = 0
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed++
      else if (state === 'failed') failedHere++
      else skipped++
    }
    // a broken import or a failing beforeAll has no spec of its own to blame
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1
    failed += failedHere
  }
  return { passed, failed, skipped }
}

/** Ends the output of a run with {@link formatCounts} alone on a line. */
export function summaryReporter(): Reporter {
  return {
    onTestRunEnd(modules, unhandled) {
      console.log(formatCounts(countSpecs(modules, unhandled)))
    }
  }
}
