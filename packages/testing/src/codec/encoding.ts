import { DaaError } from '@daa-compute/interface'
import { expect } from 'vitest'
import { expectAllOrNothing } from './all-or-nothing.ts'
import type { CodecCheck } from './check.ts'
import { allFinite, decode, sameBits, sameBytes, thrownBy } from './compare.ts'
import { GUARD, GUARD_BYTE, GUARD_VALUE, samples, sampleValues } from './samples.ts'

/** What a codec does with values, and with what it has written itself. */
export const encodingChecks: readonly CodecCheck[] = [
  {
    title: 'gives every value back, exactly if it says that it is lossless',
    check(codec) {
      for (const values of samples()) {
        const decoded = new Float32Array(values.length).fill(Number.NaN)
        codec.decode(codec.encode(values), decoded)
        expect(allFinite(decoded)).toBe(true)
        if (codec.lossless) expect(sameBits(decoded, values)).toBe(true)
      }
    }
  },
  {
    title: 'keeps to the length that it announces',
    check(codec) {
      for (const values of samples()) {
        const limit = codec.maxEncodedLength(values.length)
        expect(Number.isInteger(limit)).toBe(true)
        expect(codec.encode(values).length).toBeLessThanOrEqual(limit)
      }
    }
  },
  {
    title: 'encodes into `out` and nowhere else',
    check(codec) {
      for (const values of samples()) {
        const limit = codec.maxEncodedLength(values.length)
        const memory = new Uint8Array(limit + 2 * GUARD).fill(GUARD_BYTE)
        const encoded = codec.encode(values, memory.subarray(GUARD, GUARD + limit))
        expect(encoded.buffer).toBe(memory.buffer)
        expect(encoded.byteOffset).toBe(GUARD)
        expect(sameBytes(encoded, codec.encode(values))).toBe(true)
        const around = [...memory.subarray(0, GUARD), ...memory.subarray(GUARD + limit)]
        expect(around).toEqual(Array.from({ length: 2 * GUARD }, () => GUARD_BYTE))
      }
    }
  },
  {
    title: 'refuses an `out` that may be too small',
    check(codec) {
      for (const values of samples()) {
        const needed = codec.maxEncodedLength(values.length)
        const error = thrownBy(() => codec.encode(values, new Uint8Array(needed - 1)))
        expect(error).toBeInstanceOf(DaaError)
        expect(error).toMatchObject({
          code: 'OUTPUT_TOO_SMALL',
          detail: { needed, available: needed - 1 }
        })
      }
    }
  },
  {
    title: 'decodes into a view and nowhere else',
    check(codec) {
      for (const values of samples()) {
        const end = GUARD + values.length
        const memory = new Float32Array(end + GUARD).fill(GUARD_VALUE)
        codec.decode(codec.encode(values), memory.subarray(GUARD, end))
        expect(sameBits(memory.slice(GUARD, end), decode(codec, values))).toBe(true)
        const around = [...memory.subarray(0, GUARD), ...memory.subarray(end)]
        expect(around).toEqual(Array.from({ length: 2 * GUARD }, () => GUARD_VALUE))
      }
    }
  },
  {
    title: 'reads values and bytes at any address',
    check(codec) {
      for (const values of samples()) {
        const moved = new Float32Array(values.length + 1)
        moved.set(values, 1)
        const encoded = codec.encode(moved.subarray(1))
        expect(sameBytes(encoded, codec.encode(values))).toBe(true)
        for (let shift = 1; shift < 8; shift++) {
          const memory = new Uint8Array(encoded.length + shift + GUARD).fill(GUARD_BYTE)
          memory.set(encoded, shift)
          const decoded = new Float32Array(values.length)
          codec.decode(memory.subarray(shift, shift + encoded.length), decoded)
          expect(sameBits(decoded, decode(codec, values))).toBe(true)
        }
      }
    }
  },
  {
    title: 'leaves what it reads as it was',
    check(codec) {
      for (const values of samples()) {
        const copy = values.slice()
        const encoded = codec.encode(values)
        const encodedCopy = encoded.slice()
        codec.decode(encoded, new Float32Array(values.length))
        expect(sameBits(values, copy)).toBe(true)
        expect(sameBytes(encoded, encodedCopy)).toBe(true)
      }
    }
  },
  {
    title: 'encodes the same values to the same bytes, in every instance and whatever came before',
    async check(codec, setup) {
      const values = sampleValues(700, 1)
      const first = codec.encode(values).slice()
      codec.encode(sampleValues(900, 2))
      thrownBy(() => codec.encode(new Float32Array([1, Number.NaN])))
      thrownBy(() => codec.decode(new Uint8Array(3), new Float32Array(1)))
      expect(sameBytes(codec.encode(values), first)).toBe(true)
      const other = await setup()
      expect(other.name).toBe(codec.name)
      expect(sameBytes(other.encode(values), first)).toBe(true)
    }
  },
  {
    title: 'gives bytes that stay what they are when it is used again',
    check(codec) {
      const encoded = codec.encode(sampleValues(700, 1))
      const copy = encoded.slice()
      codec.encode(sampleValues(700, 2))
      expect(sameBytes(encoded, copy)).toBe(true)
    }
  },
  {
    title: 'gives the same bytes for the same seed, in whatever form it comes',
    check(codec) {
      for (const values of samples()) {
        const first = codec.encode(values, undefined, { seed: 7 }).slice()
        expect(sameBytes(codec.encode(values, undefined, { seed: 7n }), first)).toBe(true)
        const zero = codec.encode(values, undefined, { seed: 0 }).slice()
        expect(sameBytes(codec.encode(values), zero)).toBe(true)
        expectAllOrNothing(codec, first, values.length)
      }
    }
  },
  {
    title: 'adds what it would decode, if it can add',
    check(codec) {
      if (codec.decodeAdd === undefined) return
      for (const [index, values] of samples().entries()) {
        const encoded = codec.encode(values)
        const decoded = decode(codec, values)
        for (const factor of [undefined, 0.5, -3]) {
          const sum = sampleValues(values.length + 2 * GUARD, 50 + index)
          const expected = sum.map((value, at) => {
            if (at < GUARD || at >= GUARD + values.length) return value
            return value + Math.fround((factor ?? 1) * decoded[at - GUARD]!)
          })
          codec.decodeAdd(encoded, sum.subarray(GUARD, GUARD + values.length), factor)
          // compared as numbers: a -0 may stay, or have 0 added to it
          expect(sum.findIndex((value, at) => value !== expected[at])).toBe(-1)
        }
      }
    }
  },
  {
    title: 'encodes zeros to zeros',
    check(codec) {
      expect(decode(codec, new Float32Array(300))).toEqual(new Float32Array(300))
    }
  },
  {
    title: 'refuses values that are not finite and says where the first one is',
    check(codec) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const index of [0, 255, 256, 699]) {
          const values = sampleValues(700, 3)
          values.fill(value, index)
          const error = thrownBy(() => codec.encode(values))
          expect(error).toBeInstanceOf(DaaError)
          expect(error).toMatchObject({ code: 'NON_FINITE', detail: { index, value } })
        }
      }
    }
  },
  {
    title: 'works on shared memory, where there is any',
    check(codec) {
      if (typeof SharedArrayBuffer === 'undefined') return
      const values = sampleValues(300, 4)
      const shared = new Float32Array(new SharedArrayBuffer(values.byteLength))
      shared.set(values)
      const out = new Uint8Array(new SharedArrayBuffer(codec.maxEncodedLength(values.length)))
      const encoded = codec.encode(shared, out)
      expect(sameBytes(encoded, codec.encode(values))).toBe(true)
      codec.decode(encoded, shared)
      expect(sameBits(shared, decode(codec, values))).toBe(true)
    }
  }
]
