import { hashOf } from '../hash.ts'

/**
 * The version of a base: a hash of its values. Whoever has other values has another
 * version, a sender that was started anew included, as a counter would not tell.
 */
export function versionOf(base: Float32Array): bigint {
  const [low, high] = hashOf(base)
  return (BigInt(high) << 32n) | BigInt(low)
}
