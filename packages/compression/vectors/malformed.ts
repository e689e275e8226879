import { fromHex, toHex } from './hex.ts'

/** Bytes that a decoder has to refuse. */
export interface Malformed {
  readonly why: string
  readonly codec: string
  readonly count: number
  readonly bytes: string
}

/** Makes a header of version 2. */
function header(value: number, entropy: number, count: number, block: number): string {
  const bytes = new Uint8Array([0xda, 2, value, entropy, 0, 0, 0, 0, block, entropy && 20, 0, 0])
  new DataView(bytes.buffer).setUint32(4, count, true)
  return toHex(bytes)
}

const ONE = '0000803f'
const INFINITY = '0000807f'
const NAN = '0000c07f'

const FLOATS = header(1, 0, 1, 0)
const INT8 = header(4, 0, 2, 8)
const INT4 = header(5, 0, 2, 8)
const SIGN = header(6, 0, 9, 10)
const SPARSE = header(7, 0, 9, 12)
const TOPK = header(8, 0, 9, 12)
const RANDOMK = header(10, 0, 9, 0)
const ZSTD = header(1, 1, 100, 0)

/** @returns the bytes with one of them replaced */
function altered(hex: string, at: number, byte: number): string {
  const bytes = fromHex(hex)
  bytes[at] = byte
  return toHex(bytes)
}

const CASES: readonly (readonly [codec: string, count: number, bytes: string, why: string])[] = [
  ['float32', 1, '', 'no bytes'],
  ['float32', 1, FLOATS.slice(2), 'a header that is cut off'],
  ['float32', 1, altered(FLOATS + ONE, 0, 0xdb), 'another magic byte'],
  ['float32', 1, altered(FLOATS + ONE, 1, 1), 'another version'],
  ['float32', 1, altered(FLOATS + ONE, 2, 2), 'another value stage'],
  ['float32', 1, altered(FLOATS + ONE, 3, 1), 'an entropy stage without tiles of 2^20'],
  ['float32', 1, altered(FLOATS + ONE, 4, 2), 'another number of values'],
  ['float32', 1, altered(FLOATS + ONE, 8, 1), 'another block exponent'],
  ['float32', 1, altered(FLOATS + ONE, 9, 20), 'tiles without an entropy stage'],
  ['float32', 1, altered(FLOATS + ONE, 10, 1), 'a reserved byte that is set'],
  ['float32', 1, altered(FLOATS + ONE, 11, 1), 'the other reserved byte that is set'],
  ['float32', 1, FLOATS + ONE.slice(2), 'a value that is cut off'],
  ['float32', 1, FLOATS + ONE + '00', 'a byte behind the values'],
  ['float32', 1, FLOATS + INFINITY, 'infinity'],
  ['float32', 1, FLOATS + NAN, 'NaN'],
  ['float16', 1, header(2, 0, 1, 0) + '007c', 'infinity'],
  ['float16', 1, header(2, 0, 1, 0) + '01fc', 'NaN'],
  ['bfloat16', 1, header(3, 0, 1, 0) + '80ff', 'infinity'],
  ['bfloat16', 1, header(3, 0, 1, 0) + 'c07f', 'NaN'],
  ['int8', 2, INT8 + '000080bf0101', 'a negative scale'],
  ['int8', 2, INT8 + '000000800000', 'a scale of -0'],
  ['int8', 2, INT8 + INFINITY + '0000', 'a scale that is infinite'],
  ['int8', 2, INT8 + 'ffff7f7f0200', 'a product that is infinite'],
  ['int8', 2, INT8 + ONE + '01', 'a code that is cut off'],
  ['int4', 2, INT4 + '000080bf11', 'a negative scale'],
  ['int4', 2, INT4 + 'ffff7f7f20', 'a product that is infinite'],
  ['int4', 2, INT4 + ONE, 'codes that are cut off'],
  ['sign', 9, SIGN + '000080bf0000', 'a negative magnitude'],
  ['sign', 9, SIGN + NAN + '0000', 'a magnitude that is NaN'],
  ['sign', 9, SIGN + ONE + '0002', 'a sign behind the last value'],
  ['sign', 9, SIGN + ONE + '00', 'signs that are cut off'],
  ['sparse', 9, SPARSE, 'no block'],
  ['sparse', 9, SPARSE + '00', 'a count that is cut off'],
  ['sparse', 9, SPARSE + '0a00' + ONE.repeat(10), 'more values than there are places'],
  ['sparse', 9, SPARSE + '0020', 'bit 13 of the count'],
  ['sparse', 9, SPARSE + '0040', 'bit 14 of the count'],
  ['sparse', 9, SPARSE + '0980' + ONE.repeat(9), 'a bitmap where all values are kept'],
  ['sparse', 9, SPARSE + '010009' + ONE, 'a gap beyond the block'],
  ['sparse', 9, SPARSE + '01000f' + ONE.slice(2), 'a value that is cut off'],
  ['sparse', 9, SPARSE + '0100f000' + ONE, 'a gap of two bytes beyond the block'],
  ['sparse', 9, SPARSE + '01800300' + ONE, 'more bits than values'],
  ['sparse', 9, SPARSE + '02800100' + ONE.repeat(2), 'fewer bits than values'],
  ['sparse', 9, SPARSE + '01800002' + ONE, 'a bit behind the last value'],
  ['sparse', 9, SPARSE + '010003' + INFINITY, 'infinity'],
  ['sparse', 9, SPARSE + '010003' + ONE + '00', 'a byte behind the block'],
  ['topk:0.1', 9, TOPK + '02000000' + ONE.repeat(2), 'more values than the codec keeps'],
  ['randomk:0.1', 9, RANDOMK + '0'.repeat(16), 'no values'],
  ['randomk:0.1', 9, RANDOMK + '0'.repeat(16) + NAN, 'NaN'],
  ['randomk:0.1', 9, RANDOMK + '0'.repeat(16) + ONE + '00', 'a byte behind the values'],
  ['float32+zstd', 100, ZSTD, 'no tile'],
  ['float32+zstd', 100, ZSTD + '9001000000', 'the head of a tile that is cut off'],
  ['float32+zstd', 100, ZSTD + '9001000001000000', 'a tile that is cut off'],
  ['float32+zstd', 100, ZSTD + '910100000100000000', 'a tile of more bytes than values have'],
  ['float32+zstd', 100, ZSTD + '0000000000000000', 'a tile of no bytes'],
  ['float32+zstd', 100, ZSTD + '900100000400000028b52ffd', 'a frame that is cut off'],
  [
    'float32',
    100,
    ZSTD + '9001000090010000' + '0'.repeat(800),
    'an entropy stage where the codec has none'
  ]
]

export const MALFORMED: readonly Malformed[] = CASES.map(([codec, count, bytes, why]) => ({
  codec,
  count,
  bytes,
  why
}))
