import { DaaError, type Codec, type CodecErrorDetails } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'

import { codecChecks, codecConformance } from '../src/index.ts'

codecConformance('a count and the values', () => Promise.resolve(countedFloats()))
codecConformance('the same, which adds', () =>
  Promise.resolve(adding(countedFloats(), (value, factor) => Math.fround(factor * value)))
)

describe('codecConformance', () => {
  for (const [title, fault] of faults()) {
    it(`objects to a codec that ${title}`, async () => {
      const setup = (): Promise<Codec> => Promise.resolve(fault(countedFloats()))
      const objections: string[] = []
      for (const { title: objection, check } of codecChecks) {
        try {
          await check(await setup(), setup)
        } catch {
          objections.push(objection)
        }
      }
      expect(objections).not.toEqual([])
    })
  }
})

/** Codecs that are right but for one thing. */
function faults(): readonly (readonly [string, (codec: Codec) => Codec])[] {
  return [
    [
      'rounds and says that it is lossless',
      (codec) => ({ ...codec, encode: roundingEncode(codec) })
    ],
    ['announces too little', (codec) => ({ ...codec, maxEncodedLength: (length) => 4 * length })],
    [
      'announces fractions',
      (codec) => ({ ...codec, maxEncodedLength: (length) => 4 * length + 8.5 })
    ],
    [
      'does not use `out`',
      (codec) => ({
        ...codec,
        encode(values, out) {
          codec.encode(values, out)
          return codec.encode(values)
        }
      })
    ],
    [
      'writes in front of `out`',
      (codec) => ({
        ...codec,
        encode(values, out) {
          if (out !== undefined && out.byteOffset > 0) new Uint8Array(out.buffer)[0] = 0
          return codec.encode(values, out)
        }
      })
    ],
    [
      'takes any `out`',
      (codec) => ({
        ...codec,
        encode: (values, out) =>
          codec.encode(
            values,
            out !== undefined && out.length < codec.maxEncodedLength(values.length)
              ? undefined
              : out
          )
      })
    ],
    [
      'decodes to the start of the buffer',
      (codec) => ({
        ...codec,
        decode: (bytes, out) => codec.decode(bytes, new Float32Array(out.buffer, 0, out.length))
      })
    ],
    [
      'reads bytes from the start of the buffer',
      (codec) => ({
        ...codec,
        decode: (bytes, out) => codec.decode(new Uint8Array(bytes.buffer, 0, bytes.length), out)
      })
    ],
    [
      'changes the values it encodes',
      (codec) => ({
        ...codec,
        encode(values, out) {
          const encoded = codec.encode(values, out)
          values.fill(0)
          return encoded
        }
      })
    ],
    [
      'remembers',
      (codec) => {
        let calls = 0
        return {
          ...codec,
          encode(values, out) {
            const encoded = codec.encode(values, out)
            if (values.length > 0) encoded[8] = calls++
            return encoded
          }
        }
      }
    ],
    [
      'gives out one buffer again and again',
      (codec) => {
        const shared = new Uint8Array(1 << 16)
        return { ...codec, encode: (values, out) => codec.encode(values, out ?? shared) }
      }
    ],
    [
      'lets NaN through',
      (codec) => ({
        ...codec,
        encode: (values, out) =>
          codec.encode(
            values.map((value) => (Number.isNaN(value) ? 0 : value)),
            out
          )
      })
    ],
    [
      'decodes to infinity',
      (codec) => ({
        ...codec,
        decode(bytes, out) {
          codec.decode(bytes, out)
          if (bytes.some((byte) => byte === 0xff)) out.fill(Number.POSITIVE_INFINITY)
        }
      })
    ],
    [
      'fills as much as there is room for',
      (codec) => ({
        ...codec,
        decode(bytes, out) {
          const count = Math.max(0, (bytes.length - 8) >>> 2)
          const all = new Float32Array(count)
          codec.decode(bytes, all)
          out.set(all.subarray(0, out.length))
        }
      })
    ],
    [
      'writes before it has checked',
      (codec) => ({
        ...codec,
        decode(bytes, out) {
          if (bytes.length > 8) out[0] = 0
          codec.decode(bytes, out)
        }
      })
    ],
    [
      'does not look behind the end',
      (codec) => ({
        ...codec,
        decode: (bytes, out) => codec.decode(bytes.subarray(0, 8 + 4 * out.length), out)
      })
    ],
    [
      'throws what it likes',
      (codec) => ({
        ...codec,
        decode(bytes, out) {
          try {
            codec.decode(bytes, out)
          } catch {
            throw new RangeError('offset is out of bounds')
          }
        }
      })
    ],
    [
      'takes a number for another seed than a bigint',
      (codec) => ({
        ...codec,
        encode(values, out, context) {
          const encoded = codec.encode(values, out)
          if (typeof context?.seed === 'number' && encoded.length > 8) encoded[8] = 1
          return encoded
        }
      })
    ],
    [
      'puts instead of adding',
      (codec) => ({ ...codec, decodeAdd: (bytes, out) => codec.decode(bytes, out) })
    ],
    ['adds without the factor', (codec) => adding(codec, (value) => value)],
    ['rounds sums only', (codec) => adding(codec, (value, factor) => factor * value)],
    [
      'adds before it has checked',
      (codec) => {
        const sound = adding(codec, (value, factor) => Math.fround(factor * value))
        return {
          ...sound,
          decodeAdd(bytes, out, factor) {
            if (bytes.length > 8 && out.length > 0) out[0]!++
            sound.decodeAdd!(bytes, out, factor)
            out[0]!--
          }
        }
      }
    ]
  ]
}

/** A codec that can add too. */
function adding(codec: Codec, product: (value: number, factor: number) => number): Codec {
  return {
    ...codec,
    decodeAdd(bytes, out, factor = 1) {
      const decoded = new Float32Array(out.length)
      codec.decode(bytes, decoded)
      for (const [at, value] of decoded.entries()) out[at]! += product(value, factor)
    }
  }
}

function roundingEncode(codec: Codec): Codec['encode'] {
  return (values, out) =>
    codec.encode(
      values.map((value) => Math.round(value)),
      out
    )
}

const TAG = 0x6461_6166

/** The simplest codec there is: a tag, a count and the values. */
function countedFloats(): Codec {
  const maxEncodedLength = (length: number): number => 8 + 4 * length
  return {
    name: 'counted',
    lossless: true,
    maxEncodedLength,
    encode(values, out) {
      const needed = maxEncodedLength(values.length)
      const target = out ?? new Uint8Array(needed)
      const available = target.length
      if (available < needed) throw fail('OUTPUT_TOO_SMALL', { needed, available })
      const index = values.findIndex((value) => !Number.isFinite(value))
      if (index >= 0) throw fail('NON_FINITE', { index, value: values[index]! })
      const view = new DataView(target.buffer, target.byteOffset, needed)
      view.setUint32(0, TAG)
      view.setUint32(4, values.length)
      for (const [at, value] of values.entries()) view.setFloat32(8 + 4 * at, value)
      return target.subarray(0, needed)
    },
    decode(bytes, out) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      if (bytes.length < 8 || view.getUint32(0) !== TAG) throw fail('MALFORMED', { reason: 'tag' })
      const encoded = view.getUint32(4)
      if (encoded !== out.length) {
        throw fail('LENGTH_MISMATCH', { encoded, expected: out.length })
      }
      if (bytes.length !== maxEncodedLength(encoded)) throw fail('MALFORMED', { reason: 'length' })
      const values = out.map((_, at) => view.getFloat32(8 + 4 * at))
      if (!values.every((value) => Number.isFinite(value))) {
        throw fail('MALFORMED', { reason: 'value' })
      }
      out.set(values)
    }
  }
}

function fail<Code extends keyof CodecErrorDetails>(
  code: Code,
  detail: CodecErrorDetails[Code]
): DaaError<CodecErrorDetails, Code> {
  return new DaaError(code, code, detail)
}
