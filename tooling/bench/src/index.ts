/**
 * A harness for benchmarks: functions of this process and whole programs,
 * sampled in turn and compared in pairs, because absolute figures drift with
 * the machine and ratios do not.
 *
 * ```ts
 * import { suite } from '@daa-compute/bench'
 *
 * suite('copying 16 MiB', (s) => {
 *   const bytes = 2 ** 24
 *   s.measure('memcpy', {
 *     bytes,
 *     prepare: () => ({ from: new Uint8Array(bytes), to: new Uint8Array(bytes) }),
 *     run: ({ from, to }) => to.set(from)
 *   })
 *   s.process('two processes', { script: new URL('./copy.ts', import.meta.url) })
 *   s.reference('memcpy')
 * })
 * ```
 *
 * `s.sideBySide` takes workloads that run in Node.js and in a headless Chromium alike, and
 * compares the two.
 *
 * Files named `*.bench.ts` in the `bench/` of a package or an app, or in the one at the top, are
 * run by `npm run bench -- [--filter word] [--samples n] [--json file]`.
 * What a case has to reach is said by `s.must`; with `--check` a miss is a failure.
 *
 * @packageDocumentation
 */
export type { Reading } from './case.ts'
export type { MeasureInit } from './measure.ts'
export type { ProcessInit } from './process.ts'
export type { Requirement } from './requirement.ts'
export type { SideBySideInit } from './side-by-side.ts'
export { type SuiteBuilder, type SuiteOptions, suite } from './suite.ts'
export { measured, type Workload, type Workloads } from './workload.ts'
