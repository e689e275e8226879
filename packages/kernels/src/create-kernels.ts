import type { Kernels } from './kernels.ts'
import { referenceKernels } from './reference/kernels.ts'

/** The fastest kernels that this platform has; always the same ones. */
export function createKernels(): Kernels {
  return referenceKernels
}
