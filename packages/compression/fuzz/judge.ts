import type { Codec } from '@daa-compute/interface'

import { CodecError } from '../src/errors.ts'
import type { CodecCase } from './codec-case.ts'
import { isSoundFrame } from './soundness.ts'

/** What became of a case: the right answer, or a typed error and nothing else. */
export type Outcome = 'decoded' | 'refused'

/** A decoder did what it must not. */
export class Misbehaviour extends Error {
  override readonly name: string = 'Misbehaviour'
}

/** Values around the output that nobody may touch. */
const GUARD = 4

/** Bits that no decoder writes: NaNs. */
const SENTINELS = [0x7fc5_a5a5, 0xffda_5a5a] as const

/**
 * Decodes, and has everything checked that a caller relies on: what is thrown is
 * typed and leaves the output as it was; what is not thrown fills all of it with
 * finite values, the same ones every time, and touches nothing else.
 *
 * @throws {Misbehaviour}
 */
export function judgeCodecCase({ subject, bytes, length, expected }: CodecCase): Outcome {
  const { codec, reference } = subject
  const given = bytes.slice()
  const memory = new Uint32Array(length + 2 * GUARD).fill(SENTINELS[0])
  const out = new Float32Array(memory.buffer, 4 * GUARD, length)
  const refused = refusal(() => codec.decode(bytes, out))
  if (!sameBytes(bytes, given)) throw new Misbehaviour('the input was written to')
  if (refused) {
    if (expected !== undefined) throw new Misbehaviour('a sound encoding was refused')
    if (!all(memory, SENTINELS[0])) throw new Misbehaviour('partly written output')
    if (!refusal(() => reference.decode(bytes, out))) {
      throw new Misbehaviour('refused what the reference takes')
    }
    return 'refused'
  }
  const guards = [memory.subarray(0, GUARD), memory.subarray(GUARD + length)]
  if (!guards.every((guard) => all(guard, SENTINELS[0]))) {
    throw new Misbehaviour('written beyond the output')
  }
  if (!out.every((value) => Number.isFinite(value)))
    throw new Misbehaviour('not finite, or not written')
  if (expected !== undefined && !sameBits(out, expected)) throw new Misbehaviour('a wrong answer')
  if (!isSoundFrame(bytes, subject, length)) throw new Misbehaviour('took what is not sound')
  checkAgain(codec, reference, bytes, out)
  return 'decoded'
}

/** The reference, another output array with another sentinel, and what adds: all have to agree. */
function checkAgain(codec: Codec, reference: Codec, bytes: Uint8Array, out: Float32Array): void {
  const again = new Uint32Array(out.length).fill(SENTINELS[1])
  codec.decode(bytes, new Float32Array(again.buffer))
  if (!sameBits(out, new Float32Array(again.buffer))) {
    throw new Misbehaviour('the same bytes were decoded differently')
  }
  const plain = new Float32Array(out.length)
  if (refusal(() => reference.decode(bytes, plain)) || !sameBits(out, plain)) {
    throw new Misbehaviour('the reference makes something else of it')
  }
  if (codec.decodeAdd === undefined) return
  const sum = new Float32Array(out.length).fill(1)
  codec.decodeAdd(bytes, sum)
  const wrong = sum.findIndex((value, index) => value !== Math.fround(1 + out[index]!))
  if (wrong >= 0) throw new Misbehaviour(`decodeAdd is wrong at ${wrong}`)
}

/** Whether `action` refused, in the way it is allowed to. */
export function refusal(action: () => void): boolean {
  try {
    action()
    return false
  } catch (error) {
    if (isRefusal(error, DECODER_CODES)) return true
    throw new Misbehaviour('an untyped error', { cause: error })
  }
}

/** Whether an error is of this package, with one of these codes. */
export function isRefusal(
  error: unknown,
  codes: readonly CodecError['code'][]
): error is CodecError {
  return error instanceof CodecError && codes.includes((error as CodecError).code)
}

const DECODER_CODES = ['MALFORMED', 'LENGTH_MISMATCH'] as const

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const [left, right] = [a, b].map(
    (values) => new Uint32Array(values.buffer, values.byteOffset, values.length)
  ) as [Uint32Array, Uint32Array]
  return left.length === right.length && left.every((bits, index) => bits === right[index])
}

function all(memory: Uint32Array, value: number): boolean {
  return memory.every((bits) => bits === value)
}
