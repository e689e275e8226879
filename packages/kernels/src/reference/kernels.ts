import { arenaOver, roundUp } from '../arena.ts'
import { int4Layout, int8Layout } from '../block-layout.ts'
import { requireLength } from '../fit.ts'
import type { Kernels } from '../kernels.ts'
import { bfloat16 } from './bfloat16.ts'
import { createBlockFormat } from './blocks.ts'
import { float16 } from './float16.ts'
import { createHalfFormat } from './halves.ts'
import { int4Loops } from './int4-loops.ts'
import { int8Loops } from './int8-loops.ts'
import { selectAbove, selectTop } from './select.ts'
import { add, blockMaxAbs, findNonFinite, scaledAdd } from './vector.ts'

/** Plain TypeScript, which runs everywhere and which all else has to equal. */
export const referenceKernels: Kernels = {
  kind: 'plain',
  allocate: (length) => new Float32Array(length),
  createArena(byteLength) {
    requireLength(byteLength)
    return arenaOver(new ArrayBuffer(roundUp(byteLength)), 0)
  },
  add,
  scaledAdd,
  blockMaxAbs,
  findNonFinite,
  selectTop,
  selectAbove,
  int8: createBlockFormat(int8Layout, int8Loops),
  int4: createBlockFormat(int4Layout, int4Loops),
  float16: createHalfFormat(float16),
  bfloat16: createHalfFormat(bfloat16)
}
