import { DaaError, type Codec, type CodecErrorDetails } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'

/** Makes a codec; called several times, to compare instances. */
export type CodecSetup = () => Promise<Codec>

/** One thing a codec has to do; throws when it does not. */
export interface CodecCheck {
  readonly title: string
  check(codec: Codec, setup: CodecSetup): void | Promise<void>
}

/**
 * Registers the conformance tests of the `Codec` contract. They assume the
 * default policy for values that are not finite: to refuse them.
 */
export function codecConformance(name: string, setup: CodecSetup): void {
  describe(`Codec: ${name}`, () => {
    for (const { title, check } of codecChecks) {
      it(title, async () => {
        await check(await setup(), setup)
      })
    }
  })
}

/** Lengths around everything a codec may cut its values into. */
const LENGTHS = [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000, 4099]

/** Length of the values whose encodings are damaged in every bit, so it is small. */
const DAMAGED_LENGTH = 40

/** Bytes and values around a view that nobody may touch. */
const GUARD = 5
const GUARD_BYTE = 0xa5
const GUARD_VALUE = 1234.5

const DECODE_CODES: readonly (keyof CodecErrorDetails)[] = ['MALFORMED', 'LENGTH_MISMATCH']

/** The conformance tests one by one, so that they can themselves be tested on faulty codecs. */
export const codecChecks: readonly CodecCheck[] = [
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

function decode(codec: Codec, values: Float32Array): Float32Array {
  const out = new Float32Array(values.length)
  codec.decode(codec.encode(values), out)
  return out
}

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('expected an error, none was thrown')
}

/** Compares bits: -0 is not 0. */
function sameBits(a: Float32Array, b: Float32Array): boolean {
  return sameBytes(
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength)
  )
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function allFinite(values: Float32Array): boolean {
  return values.every((value) => Number.isFinite(value))
}

function samples(): Float32Array[] {
  return LENGTHS.map((length) => sampleValues(length, 0x9e37 + length))
}

/** Values of many magnitudes, with a few of the difficult ones among them. */
function sampleValues(length: number, seed: number): Float32Array {
  const difficult = [-0, 2 ** -149, -(2 ** -127), 3.4028234663852886e38, 1, -1]
  const next = generator(seed)
  return Float32Array.from({ length }, (_, index) =>
    index % 97 === 13
      ? difficult[Math.floor(next() * difficult.length)]!
      : (next() - 0.5) * 10 ** (8 * next() - 6)
  )
}

/** Numbers from 0 to 1 that look random and are the same everywhere (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
