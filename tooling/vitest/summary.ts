import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** What became of the specs of a run. */
export interface Outcome {
  readonly passed: number
  readonly skipped: number
  /**
   * A line for each failure: where, and the first line of why. What fails outside of
   * any spec is one too: a file that does not load, an error nobody caught.
   */
  readonly failures: readonly string[]
}

/** The one line a machine reads: `12 passed, 0 failed`, with `, 3 skipped` where some were. */
export function formatCounts({ passed, failures, skipped }: Outcome): string {
  const line = `${passed} passed, ${failures.length} failed`
  return skipped === 0 ? line : `${line}, ${skipped} skipped`
}

/** How the specs of a run ended. */
export function outcomeOf(
  modules: readonly TestModule[],
  unhandled: readonly SerializedError[]
): Outcome {
  let passed = 0
  let skipped = 0
  const failures = unhandled.map((error) => `outside of specs: ${firstLine([error])}`)
  for (const module of modules) {
    const name = `${module.project.name} ${module.relativeModuleId}`
    let failedHere = false
    for (const test of module.children.allTests()) {
      const { state, errors } = test.result()
      if (state === 'passed') passed++
      else if (state !== 'failed') skipped++
      else {
        failedHere = true
        failures.push(`${name} > ${test.fullName}: ${firstLine(errors)}`)
      }
    }
    // a broken import or a failing beforeAll has no spec of its own to blame
    if (!failedHere && module.state() === 'failed') {
      failures.push(`${name}: ${firstLine(module.errors())}`)
    }
  }
  return { passed, skipped, failures }
}

/** Of the first one's cause where it has one: the pool wraps what it was told. */
function firstLine([error]: readonly SerializedError[]): string {
  const message = error?.cause?.message ?? error?.message ?? 'no reason was given'
  return message.split('\n', 1)[0] ?? ''
}

/**
 * Ends the output of a run with what failed, a line each, and {@link formatCounts} alone
 * on the last: who has no more than the end of it knows where to look.
 */
export function summaryReporter(): Reporter {
  return {
    onTestRunEnd(modules, unhandled) {
      const outcome = outcomeOf(modules, unhandled)
      for (const failure of outcome.failures) console.log(`FAILED ${failure}`)
      console.log(formatCounts(outcome))
    }
  }
}
