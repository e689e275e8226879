/** Index of the first element whose bits differ, or -1. */
export function differentBits(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length)
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length)
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return i
  return -1
}
