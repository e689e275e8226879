import type { Kernels } from '@daa-compute/kernels'

import { FLOAT_LENGTH, VALUE_IDS } from '../constants.ts'
import { findNonFiniteBytes } from '../finite-bytes.ts'
import { bytesOfFloats } from '../float-bits.ts'
import type { ValueStage } from '../value-stage.ts'
import { refuseNonFinite } from './non-finite.ts'

/** Values moved to an aligned place at a time, to be added from there. */
const MOVED_VALUES = 16_384

/** The values as they are, in little-endian order. */
export function createFloat32Stage(kernels: Kernels): ValueStage {
  return {
    name: 'float32',
    id: VALUE_IDS.float32,
    blockExponent: 0,
    lossless: true,
    maxEncodedLength: (count) => FLOAT_LENGTH * count,
    encode(values, out) {
      refuseNonFinite(kernels, values)
      out.set(bytesOfFloats(values))
      return values.byteLength
    },
    check(bytes, count) {
      if (bytes.length !== FLOAT_LENGTH * count) {
        return `${count} values take ${FLOAT_LENGTH * count} bytes, not ${bytes.length}`
      }
      const index = findNonFiniteBytes(kernels, bytes)
      return index < 0 ? undefined : `value ${index} is not finite`
    },
    decode(bytes, out) {
      bytesOfFloats(out).set(bytes)
    },
    accumulate(bytes, out, factor) {
      if (bytes.byteOffset % FLOAT_LENGTH === 0) {
        kernels.scaledAdd(out, new Float32Array(bytes.buffer, bytes.byteOffset, out.length), factor)
        return
      }
      const moved = new Float32Array(Math.min(out.length, MOVED_VALUES))
      for (let start = 0; start < out.length; start += MOVED_VALUES) {
        const part = out.subarray(start, start + MOVED_VALUES)
        const values = moved.subarray(0, part.length)
        bytesOfFloats(values).set(
          bytes.subarray(FLOAT_LENGTH * start, FLOAT_LENGTH * (start + part.length))
        )
        kernels.scaledAdd(part, values, factor)
      }
    }
  }
}
