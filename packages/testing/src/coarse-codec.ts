import type { Codec } from '@daa-compute/interface'

/**
 * A lossy codec at next to no cost: the step as float32, then a signed byte per
 * value. Enough to see whether everybody decodes the same bytes.
 */
export const coarseCodec: Codec = {
  name: 'coarse',
  lossless: false,
  maxEncodedLength: (length) => length + 4,
  encode(values, out = new Uint8Array(values.length + 4)) {
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
    let max = 0
    for (const value of values) max = Math.max(max, Math.abs(value))
    view.setFloat32(0, max / 127, true)
    const step = view.getFloat32(0, true)
    for (const [i, value] of values.entries()) {
      view.setInt8(4 + i, step === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / step))))
    }
    return out.subarray(0, values.length + 4)
  },
  decode(bytes, out) {
    if (bytes.length !== out.length + 4) {
      throw new RangeError(`${bytes.length} bytes are not ${out.length} values`)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const step = view.getFloat32(0, true)
    if (!Number.isFinite(step)) throw new RangeError(`a step of ${step}`)
    for (let i = 0; i < out.length; i++) out[i] = view.getInt8(4 + i) * step
  }
}
