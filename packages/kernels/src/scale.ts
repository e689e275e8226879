import { bitsOfFloat, floatOfBits } from './float-bits.ts'

/** Significant bits of a scale: the 24 of a float32 less the 7 of the widest code. */
const SCALE_BITS = 17

/**
 * Chooses the scale of a block from its largest magnitude.
 *
 * The obvious choice, `max / codeMax` as a float32, makes products `code * scale`
 * that are not float32 values: decoders have to round, and what was decoded
 * changes when it is encoded again. For denormal maxima its inverse is infinite.
 * So:
 *
 * - **In general** `max / codeMax`, rounded down to 17 significant bits. Every
 *   product of such a scale and a code is a float32 exactly, whatever the
 *   arithmetic; the decoded maximum leads to the same scale again; and no
 *   product overflows. The scale is smaller than asked for by less than 2^-16
 *   of it, which still rounds the maximum to `codeMax`.
 * - **Where float32 has no 17 bits left** (maxima below `codeMax` · 2^-133, nearly
 *   all of them denormal), the smallest power of two that reaches the maximum.
 *   It has the same virtues.
 *
 * @param peakBits bits of the largest magnitude, which is finite
 * @param codeMax 127 or 7
 * @returns a float32, zero for a block of zeros; always `max / scale < codeMax + 0.5`
 */
export function scaleForPeak(peakBits: number, codeMax: number): number {
  if (peakBits === 0) return 0
  // 2^-133 is 2^16 times the smallest denormal
  if (peakBits >= codeMax * (1 << (SCALE_BITS - 1))) {
    return truncateScale(bitsOfFloat(floatOfBits(peakBits) / codeMax))
  }
  // the bits of a denormal count multiples of the smallest one, as do those of the scale
  let unit = 1
  while (peakBits / unit >= codeMax + 0.5) unit *= 2
  return floatOfBits(unit)
}

function truncateScale(bits: number): number {
  // a normal number has a leading one that is not among its bits; a denormal begins at its first one
  const significant = bits >= 2 ** 23 ? 24 : 32 - Math.clz32(bits)
  return floatOfBits(bits & -(1 << (significant - SCALE_BITS)))
}
