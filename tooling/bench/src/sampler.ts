import type { Case, Reading } from './case.ts'
import { createMeasurement } from './measure.ts'
import { measured, type Workloads } from './workload.ts'

/** Samples workloads wherever it runs; what a bundle of them offers. */
export interface Sampler {
  prepare(name: string): Promise<void>
  sample(name: string): Promise<Reading>
  cleanUp(name: string): Promise<void>
}

/** Needs nothing but what Node.js and browsers share. */
export function createSampler(workloads: Workloads): Sampler {
  const cases = new Map<string, Case>()
  const stopwatch = {
    now: () => performance.now(),
    // there where it was asked for: --expose-gc
    collect: () => (globalThis as { gc?: () => void }).gc?.()
  }
  for (const [name, workload] of Object.entries(workloads)) {
    cases.set(name, createMeasurement(name, measured(workload), stopwatch))
  }
  const find = (name: string): Case => {
    const found = cases.get(name)
    if (found === undefined) throw new RangeError(`there is no workload ${name}`)
    return found
  }
  return {
    prepare: (name) => find(name).prepare(),
    sample: (name) => find(name).sample(),
    cleanUp: (name) => find(name).cleanUp()
  }
}
