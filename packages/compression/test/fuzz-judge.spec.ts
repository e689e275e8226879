import type { Codec } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'

import { startAllocationMeter } from '../fuzz/allocation-meter.ts'
import type { CodecCase } from '../fuzz/codec-case.ts'
import { diceOf } from '../fuzz/dice.ts'
import { judgeCodecCase, Misbehaviour } from '../fuzz/judge.ts'
import { takeApart } from '../fuzz/layout.ts'
import { CodecError, createCodec } from '../src/index.ts'
import { malformed } from '../src/errors.ts'

const LENGTH = 10

/** A case for a decoder that does as it is told here. */
async function caseFor(
  decode: Codec['decode'],
  decodeAdd?: Codec['decodeAdd']
): Promise<CodecCase> {
  const plain = await createCodec('float32')
  const bytes = plain.encode(new Float32Array(LENGTH).fill(3))
  const codec: Codec = {
    name: 'made up',
    lossless: false,
    maxEncodedLength: (length) => plain.maxEncodedLength(length),
    encode: (values) => plain.encode(values),
    decode,
    ...(decodeAdd && { decodeAdd })
  }
  const decoded = new Float32Array(LENGTH).fill(3)
  const sample = { bytes, layout: takeApart(bytes), decoded }
  const subject = {
    codec,
    reference: plain,
    stage: undefined,
    zeros: new Uint8Array(0),
    samples: [sample],
    makeLarge: () => sample
  }
  return { subject, bytes, length: LENGTH }
}

describe('the judge of fuzzing', () => {
  it('accepts a refusal by type, and what is finite and complete', async () => {
    const refusing = await caseFor(() => {
      throw malformed('for no reason')
    })
    const bytes = refusing.bytes.slice(1)
    expect(judgeCodecCase({ ...refusing, bytes })).toBe('refused')
    expect(judgeCodecCase(await caseFor((_, out) => void out.fill(3)))).toBe('decoded')
  })

  let calls = 0

  it.each<[string, string, Codec['decode'], Codec['decodeAdd']?]>([
    [
      'an error of another type',
      'an untyped error',
      () => {
        throw new RangeError('offset is out of bounds')
      }
    ],
    [
      'an error of another code',
      'an untyped error',
      () => {
        throw new CodecError('BAD_PARAMETER', 'no', { name: '', parameter: '' })
      }
    ],
    [
      'a refusal of its own',
      'refused what the reference takes',
      () => {
        throw malformed('for no reason')
      }
    ],
    [
      'a refusal after it has written',
      'partly written output',
      (_, out) => {
        out[LENGTH - 1] = 0
        throw malformed('too late')
      }
    ],
    ['a value left out', 'not finite, or not written', (_, out) => void out.fill(3, 0, -1)],
    ['a value that is infinite', 'not finite', (_, out) => void out.fill(Infinity)],
    [
      'a value beyond the end',
      'written beyond the output',
      (_, out) => {
        out.fill(3)
        new Float32Array(out.buffer)[4 + LENGTH] = 3
      }
    ],
    [
      'a change of what it reads',
      'the input was written to',
      (bytes, out) => {
        out.fill(3)
        bytes[0]! ^= 1
      }
    ],
    ['another answer every time', 'decoded differently', (_, out) => void out.fill(calls++)],
    ['an answer of its own', 'the reference makes something else', (_, out) => void out.fill(4)],
    ['a sum that is wrong', 'decodeAdd is wrong at 0', (_, out) => void out.fill(3), () => {}]
  ])('finds %s', async (_, message, decode, decodeAdd) => {
    const made = await caseFor(decode, decodeAdd)
    expect(() => judgeCodecCase(made)).toThrow(Misbehaviour)
    expect(() => judgeCodecCase({ ...made, bytes: made.bytes.slice() })).toThrow(message)
  })

  it('finds a refusal of what is sound, and a wrong answer to it', async () => {
    const expected = new Float32Array(LENGTH).fill(4)
    const wrong = { ...(await caseFor((_, out) => void out.fill(3))), expected }
    expect(() => judgeCodecCase(wrong)).toThrow('a wrong answer')
    const refusing = await caseFor(() => {
      throw malformed('for no reason')
    })
    expect(() => judgeCodecCase({ ...refusing, expected })).toThrow('a sound encoding was refused')
  })
})

describe('the allocation meter', () => {
  it('sees typed arrays, also those that cannot be made, and gives the constructors back', () => {
    const original = Uint8Array
    const meter = startAllocationMeter()
    try {
      expect(new Float32Array(1000).length).toBe(1000)
      expect(meter.largest()).toBe(4000)
      expect(() => new Uint8Array(2 ** 60)).toThrow(RangeError)
      expect(meter.largest()).toBe(2 ** 60)
      meter.reset()
      expect(new Uint8Array(new ArrayBuffer(8), 4, 2)).toBeInstanceOf(original)
      expect(meter.largest()).toBe(8)
    } finally {
      meter.stop()
    }
    expect(Uint8Array).toBe(original)
  })

  it('sees memories of WebAssembly', () => {
    const meter = startAllocationMeter()
    try {
      const memory = new WebAssembly.Memory({ initial: 3 })
      memory.grow(2)
      expect(meter.largestMemory()).toBe(5 * 65_536)
    } finally {
      meter.stop()
    }
  })
})

describe('the dice of fuzzing', () => {
  it('fall alike for the same case, and differently for its neighbour', () => {
    expect(diceOf(1, 2).bytes(20)).toEqual(diceOf(1, 2).bytes(20))
    expect(diceOf(1, 2).bytes(20)).not.toEqual(diceOf(1, 3).bytes(20))
    expect(diceOf(1, 2).bytes(20)).not.toEqual(diceOf(2, 2).bytes(20))
  })
})
