import type { Kernels } from '@daa-compute/kernels'

import { nonFinite } from '../errors.ts'

/** @throws {CodecError} `NON_FINITE` for the first value that is infinite or NaN */
export function refuseNonFinite(kernels: Kernels, values: Float32Array): void {
  const index = kernels.findNonFinite(values)
  if (index >= 0) throw nonFinite(index, values[index]!)
}
