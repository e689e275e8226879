import { type Codec, type CodecErrorDetails, DaaError } from '@daa-compute/interface'
import { expect } from 'vitest'
import { expectAllOrNothing } from './all-or-nothing.ts'
import type { CodecCheck } from './check.ts'
import { thrownBy } from './compare.ts'
import { DAMAGED_LENGTH, generator, GUARD_VALUE, samples, sampleValues } from './samples.ts'

/** What a codec does with bytes that it has not written, or not for that. */
export const badBytesChecks: readonly CodecCheck[] = [
  {
    title: 'adds nothing of bytes that it refuses',
    check(codec) {
      if (codec.decodeAdd === undefined) return
      const encoded = codec.encode(sampleValues(DAMAGED_LENGTH, 5))
      for (let length = 0; length < encoded.length; length++) {
        const out = new Float32Array(DAMAGED_LENGTH).fill(GUARD_VALUE)
        const error = thrownBy(() => codec.decodeAdd!(encoded.subarray(0, length), out))
        expect(error).toMatchObject({ code: 'MALFORMED' })
        expect(out.every((value) => value === GUARD_VALUE)).toBe(true)
      }
      const other = new Float32Array(DAMAGED_LENGTH + 1).fill(GUARD_VALUE)
      const error = thrownBy(() => codec.decodeAdd!(encoded, other))
      expect(error).toMatchObject({ code: 'LENGTH_MISMATCH' })
      expect(other.every((value) => value === GUARD_VALUE)).toBe(true)
    }
  },
  {
    title: 'refuses an output array of another length than the values had',
    check(codec) {
      for (const values of samples()) {
        for (const expected of [values.length - 1, values.length + 1]) {
          if (expected < 0) continue
          const error = expectRefusal(codec, codec.encode(values), expected, 'LENGTH_MISMATCH')
          expect(error).toMatchObject({ detail: { encoded: values.length, expected } })
        }
      }
    }
  },
  {
    title: 'refuses bytes behind the end',
    check(codec) {
      for (const values of samples()) {
        const encoded = codec.encode(values)
        const longer = new Uint8Array(encoded.length + 1)
        longer.set(encoded)
        expectRefusal(codec, longer, values.length, 'MALFORMED')
      }
    }
  },
  {
    title: 'refuses every prefix',
    check(codec) {
      const encoded = codec.encode(sampleValues(DAMAGED_LENGTH, 5))
      for (let length = 0; length < encoded.length; length++) {
        expectRefusal(codec, encoded.subarray(0, length), DAMAGED_LENGTH, 'MALFORMED')
      }
    }
  },
  {
    title: 'refuses or decodes to finite values, whatever single bit is flipped',
    check(codec) {
      const encoded = codec.encode(sampleValues(DAMAGED_LENGTH, 5))
      for (let bit = 0; bit < 8 * encoded.length; bit++) {
        const damaged = encoded.slice()
        damaged[bit >>> 3]! ^= 1 << (bit & 7)
        expectAllOrNothing(codec, damaged, DAMAGED_LENGTH)
      }
    }
  },
  {
    title: 'refuses zeros, ones and noise',
    check(codec) {
      const next = generator(6)
      const noise = Uint8Array.from({ length: 64 }, () => next() * 256)
      for (const bytes of [new Uint8Array(64), new Uint8Array(64).fill(255), noise]) {
        expectRefusal(codec, bytes, DAMAGED_LENGTH, 'MALFORMED')
      }
    }
  }
]

function expectRefusal(
  codec: Codec,
  bytes: Uint8Array,
  length: number,
  code: keyof CodecErrorDetails
): unknown {
  const out = new Float32Array(length).fill(GUARD_VALUE)
  const error = thrownBy(() => codec.decode(bytes, out))
  expect(error).toBeInstanceOf(DaaError)
  expect(error).toMatchObject({ code })
  expect(out.every((value) => value === GUARD_VALUE)).toBe(true)
  return error
}
