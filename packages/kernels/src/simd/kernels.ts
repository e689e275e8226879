import { arenaOver, roundUp } from '../arena.ts'
import { BFLOAT16_INFINITY, FLOAT16_INFINITY } from '../constants.ts'
import { requireLength } from '../fit.ts'
import type { Kernels } from '../kernels.ts'
import { referenceKernels } from '../reference/kernels.ts'
import { RESIDENT_START } from './engine.ts'
import { createEngines } from './engines.ts'
import { createFormat } from './formats.ts'
import { createSelectKernels } from './select.ts'
import { createVectorKernels } from './vector.ts'

/** WebAssembly SIMD. */
export function createSimdKernels(module: WebAssembly.Module): Kernels {
  const engines = createEngines(module)
  return {
    kind: 'simd',

    allocate(length) {
      requireLength(length)
      try {
        const { buffer } = engines.create(4 * length)
        return new Float32Array(buffer, RESIDENT_START, length)
      } catch {
        // there is a limit to such memories, which depends on the platform
        return new Float32Array(length)
      }
    },

    createArena(byteLength) {
      requireLength(byteLength)
      try {
        const { buffer } = engines.create(roundUp(byteLength))
        return arenaOver(buffer, RESIDENT_START)
      } catch {
        return referenceKernels.createArena(byteLength)
      }
    },

    ...createVectorKernels(engines),
    ...createSelectKernels(engines),

    int8: createFormat(engines, referenceKernels.int8, {
      encode: (loops) => loops.encodeInt8,
      encodeByChance: (loops) => loops.encodeInt8ByChance,
      decode: (loops) => loops.decodeInt8,
      accumulate: (loops) => loops.accumulateInt8
    }),
    int4: createFormat(engines, referenceKernels.int4, {
      encode: (loops) => loops.encodeInt4,
      encodeByChance: (loops) => loops.encodeInt4ByChance,
      decode: (loops) => loops.decodeInt4,
      accumulate: (loops) => loops.accumulateInt4
    }),
    float16: createFormat(engines, referenceKernels.float16, {
      encode: (loops) => loops.encodeFloat16,
      decode: (loops) => loops.decodeFloat16,
      accumulate: (loops) => loops.accumulateFloat16,
      infinity: FLOAT16_INFINITY
    }),
    bfloat16: createFormat(engines, referenceKernels.bfloat16, {
      encode: (loops) => loops.encodeBfloat16,
      decode: (loops) => loops.decodeBfloat16,
      accumulate: (loops) => loops.accumulateBfloat16,
      infinity: BFLOAT16_INFINITY
    })
  }
}
