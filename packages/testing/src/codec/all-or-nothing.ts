import { type Codec, type CodecErrorDetails, DaaError } from '@daa-compute/interface'
import { expect } from 'vitest'
import { allFinite } from './compare.ts'

const DECODE_CODES: readonly (keyof CodecErrorDetails)[] = ['MALFORMED', 'LENGTH_MISMATCH']

/**
 * Decodes bytes that may be damaged, and expects one of two outcomes: `out`
 * completely filled with finite values, or a typed error and `out` untouched.
 */
export function expectAllOrNothing(codec: Codec, bytes: Uint8Array, length: number): void {
  const out = new Float32Array(length).fill(Number.NaN)
  const before = bytes.slice()
  try {
    codec.decode(bytes, out)
  } catch (error) {
    expect(error).toBeInstanceOf(DaaError)
    expect(DECODE_CODES).toContain((error as { code?: unknown }).code)
    expect(out.every((value) => Number.isNaN(value))).toBe(true)
    return
  }
  expect(allFinite(out)).toBe(true)
  expect(bytes).toEqual(before)
}
