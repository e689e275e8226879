import { BLOCK_LENGTH, FLOAT_LENGTH, INT4_MAX, INT8_MAX } from './constants.ts'

/** How a block format lays out its codes. */
export interface BlockLayout {
  /** Largest code. */
  readonly codeMax: number
  /** Bytes of the codes of `count` values. */
  codesLength(count: number): number
}

export const int8Layout: BlockLayout = { codeMax: INT8_MAX, codesLength: (count) => count }

export const int4Layout: BlockLayout = {
  codeMax: INT4_MAX,
  codesLength: (count) => (count + 1) >>> 1
}

/** Bytes of a whole block. */
export function strideOf(layout: BlockLayout): number {
  return FLOAT_LENGTH + layout.codesLength(BLOCK_LENGTH)
}

/** Bytes of `count` values in blocks. */
export function blocksLength(layout: BlockLayout, count: number): number {
  const rest = count % BLOCK_LENGTH
  const whole = ((count - rest) / BLOCK_LENGTH) * strideOf(layout)
  return rest === 0 ? whole : whole + FLOAT_LENGTH + layout.codesLength(rest)
}
