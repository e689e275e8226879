/**
 * The version of a base: 64 bits of a hash of its values (FNV-1a by halves, mixed).
 * Whoever has other values has another version, a sender that was started anew
 * included, as a counter would not tell. It is no protection against people who
 * want two bases to have the same.
 */
export function versionOf(base: Float32Array): bigint {
  const bits = new Uint32Array(base.buffer, base.byteOffset, base.length)
  let low = 0x811c_9dc5 ^ base.length
  let high = 0x01d5_3c6f
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number
    low = Math.imul(low ^ word, 0x0100_0193)
    high = Math.imul(high ^ ((word >>> 16) | (word << 16)), 0x0100_0193)
    high ^= low >>> 15
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}
