import { requireRoom } from '../fit.ts'
import { bitsOfFloats } from '../float-bits.ts'
import type { NumberFormat } from '../number-format.ts'

/** One value in 16 bits. */
export interface HalfFormat {
  /** Bits of the smallest magnitude that would be rounded to infinity, or is infinite. */
  readonly overflow: number
  /** The 16 bits of what is nearest, ties to even; `bits` are those of a float32 below `overflow`. */
  narrow(bits: number): number
  /** The float32 bits of the value, exactly. */
  widen(half: number): number
  /** Magnitudes from here on are infinite or NaN. */
  readonly infinity: number
}

/** Puts the conversion of one value to work on arrays. */
export function createHalfFormat(format: HalfFormat): NumberFormat {
  const { overflow, infinity, narrow, widen } = format
  const encodedLength = (count: number): number => 2 * count

  return {
    encodedLength,

    encode(values, out) {
      requireRoom(out, encodedLength(values.length))
      const bits = bitsOfFloats(values)
      const view = viewOf(out)
      for (let i = 0; i < bits.length; i++) {
        if ((bits[i]! & 0x7fff_ffff) >= overflow) return i
        view.setUint16(2 * i, narrow(bits[i]!), true)
      }
      return -1
    },

    findFault(bytes, count) {
      requireRoom(bytes, encodedLength(count))
      const view = viewOf(bytes)
      for (let i = 0; i < count; i++) {
        if ((view.getUint16(2 * i, true) & 0x7fff) >= infinity) return i
      }
      return -1
    },

    decode(bytes, out) {
      requireRoom(bytes, encodedLength(out.length))
      const view = viewOf(bytes)
      // written as bits: as a number, a NaN could become another one
      const bits = bitsOfFloats(out)
      for (let i = 0; i < bits.length; i++) bits[i] = widen(view.getUint16(2 * i, true))
    },

    accumulate(bytes, out, factor = 1) {
      requireRoom(bytes, encodedLength(out.length))
      const view = viewOf(bytes)
      const rounded = Math.fround(factor)
      for (let i = 0; i < out.length; i++) {
        value.bits[0] = widen(view.getUint16(2 * i, true))
        out[i] = out[i]! + Math.fround(rounded * value.float[0]!)
      }
    }
  }
}

const float = new Float32Array(1)
const value = { float, bits: new Int32Array(float.buffer) }

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
