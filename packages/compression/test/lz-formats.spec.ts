import { describe, expect, it } from 'vitest'

import { lz4 } from '../src/entropy/lz4.ts'
import { snappy } from '../src/entropy/snappy.ts'

const MALFORMED = expect.objectContaining({ name: 'CodecError', code: 'MALFORMED' })

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0))

/** 20 bytes: two literals, 13 bytes of their repetition, five literals. */
const TEXT = ascii('ababababababababcdef')

describe('an LZ4 block', () => {
  const decoded = async (block: readonly number[], length: number): Promise<number[]> => {
    const stage = await lz4.load(undefined)
    const out = new Uint8Array(length)
    stage.decompress(Uint8Array.from(block), out)
    return [...out]
  }
  const tail = [0x50, ...ascii('bcdef')]

  it('is read as its description has it', async () => {
    expect(await decoded([0x29, ...ascii('ab'), 2, 0, ...tail], 20)).toEqual(TEXT)
    expect(await decoded([0x30, 1, 2, 3], 3)).toEqual([1, 2, 3])
    // 300 literals, then a match of 4 + 15 + 255 + 1
    const long = Array.from({ length: 300 }, (_, index) => index & 255)
    const block = [0xff, 255, 30, ...long, 44, 1, 255, 1, ...tail]
    expect(await decoded(block, 580)).toEqual([...long, ...long.slice(0, 275), ...tail.slice(1)])
  })

  it.each<[string, readonly number[], number]>([
    ['nothing', [], 20],
    ['an offset of 0', [0x29, ...ascii('ab'), 0, 0, ...tail], 20],
    ['an offset before the beginning', [0x29, ...ascii('ab'), 3, 0, ...tail], 20],
    ['no literals in the end', [0x29, ...ascii('ab'), 2, 0], 15],
    ['literals cut off', [0x50, ...ascii('abcd')], 5],
    ['an offset cut off', [0x29, ...ascii('ab'), 2], 15],
    ['a length cut off', [0x2f, ...ascii('ab'), 2, 0], 300],
    ['a length that does not end', [0xf0, ...Array.from({ length: 50 }, () => 255)], 2 ** 20],
    ['more than announced', [0x29, ...ascii('ab'), 2, 0, ...tail], 19],
    ['less than announced', [0x29, ...ascii('ab'), 2, 0, ...tail], 21]
  ])('is refused with %s', async (_, block, length) => {
    await expect(decoded(block, length)).rejects.toThrow(MALFORMED)
  })
})

describe('a Snappy stream', () => {
  const decoded = async (stream: readonly number[], length: number): Promise<number[]> => {
    const stage = await snappy.load(undefined)
    const out = new Uint8Array(length)
    stage.decompress(Uint8Array.from(stream), out)
    return [...out]
  }
  // two literals, a copy of 13 bytes with an offset of two bytes, five literals
  const elements = [1 << 2, ...ascii('ab'), (12 << 2) | 2, 2, 0, 4 << 2, ...ascii('bcdef')]

  it('is read as its description has it', async () => {
    expect(await decoded([20, ...elements], 20)).toEqual(TEXT)
    expect(await decoded([0x94, 0, ...elements], 20)).toEqual(TEXT)
    // a copy of 8 bytes with an offset of one byte, and one of four bytes
    expect(await decoded([10, 1 << 2, 7, 8, (4 << 2) | 1, 2], 10)).toEqual(
      Array.from({ length: 10 }, (_, index) => 7 + (index & 1))
    )
    expect(await decoded([4, 1 << 2, 7, 8, (1 << 2) | 3, 2, 0, 0, 0], 4)).toEqual([7, 8, 7, 8])
  })

  it.each<[string, readonly number[]]>([
    ['nothing', []],
    ['nothing but its length', [20]],
    ['a length cut off', [0x80]],
    ['a length of six bytes', [0x94, 0x80, 0x80, 0x80, 0x80, 0, ...elements]],
    ['2 GiB announced', [0xff, 0xff, 0xff, 0xff, 7, ...elements]],
    ['4 GiB announced', [0xff, 0xff, 0xff, 0xff, 15, ...elements]],
    ['one byte more announced', [21, ...elements]],
    ['one byte less announced', [19, ...elements]],
    ['an offset of 0', [20, ...elements.with(4, 0)]],
    ['an offset before the beginning', [20, ...elements.with(4, 3)]],
    ['literals cut off', [20, ...elements.slice(0, -1)]],
    ['something behind the end', [20, ...elements, 0, 0]]
  ])('is refused with %s', async (_, stream) => {
    await expect(decoded(stream, 20)).rejects.toThrow(MALFORMED)
  })
})
