import type { Kernels } from './kernels.ts'
import { referenceKernels } from './reference/kernels.ts'
import { createSimdKernels } from './simd/kernels.ts'
import { compileLoops } from './simd/loops.ts'

let kernels: Kernels | undefined

/**
 * The fastest kernels that this platform has, which their `kind` tells. They are
 * compiled by the first call, which takes a few milliseconds; further calls return
 * the same ones.
 */
export function createKernels(): Kernels {
  kernels ??= fastestKernels()
  return kernels
}

function fastestKernels(): Kernels {
  const module = compileLoops()
  return module === undefined ? referenceKernels : createSimdKernels(module)
}
