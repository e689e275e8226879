import type { MeasureInit } from './measure.ts'

/** Something to measure that runs in Node.js and in browsers alike. */
export interface Workload {
  /** Bytes that one call works through; the case is then a rate in MB/s (10⁶ bytes), else in ms. */
  readonly bytes?: number
  /**
   * Makes what it works on; not measured.
   *
   * @returns the work, which is called as often as one sample needs
   */
  readonly prepare: () => Promise<() => unknown> | (() => unknown)
}

/** By name. */
export type Workloads = Readonly<Record<string, Workload>>

/** A workload as what a suite measures. */
export function measured({ bytes, prepare }: Workload): MeasureInit<() => unknown> {
  return { ...(bytes === undefined ? {} : { bytes }), prepare, run: (work) => work() }
}
