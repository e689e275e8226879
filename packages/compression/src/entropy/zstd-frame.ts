import { malformed } from '../errors.ts'

/*
 * RFC 8878, section 3.1.1. The decompressor allocates what a frame announces
 * and accepts further frames behind it, so both are checked here, before it
 * sees the bytes.
 */

const FRAME_MAGIC = 0xfd2f_b528
const BLOCK_HEADER_LENGTH = 3
const CHECKSUM_LENGTH = 4
const BLOCK_TYPE_RLE = 1
const BLOCK_TYPE_RESERVED = 3

/** Upper bound of a frame of `length` bytes of content: what `ZSTD_compressBound` computes. */
export function maxFrameLength(length: number): number {
  const small = 128 * 1024
  const margin = length < small ? (small - length) >>> 11 : 0
  return length + (length >>> 8) + margin
}

/**
 * Checks that `bytes` are exactly one zstd frame that announces `expected`
 * bytes of content and needs no dictionary.
 *
 * @throws {CodecError} `MALFORMED`
 */
export function checkFrame(bytes: Uint8Array, expected: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== FRAME_MAGIC) {
    throw malformed('a zstd frame does not begin with its magic number')
  }
  const descriptor = bytes[4]!
  if ((descriptor & 0b1011) !== 0) {
    throw malformed('a zstd frame names a dictionary or sets the reserved bit')
  }
  const singleSegment = (descriptor & 0b10_0000) !== 0
  const checksum = (descriptor & 0b100) !== 0
  const at = singleSegment ? 5 : 6
  const sizeLength = contentSizeLength(descriptor >>> 6, singleSegment)
  if (sizeLength === 0 || at + sizeLength > bytes.length) {
    throw malformed('a zstd frame does not announce the size of its content')
  }
  const announced = contentSize(view, at, sizeLength)
  if (announced !== expected) {
    throw malformed(`a zstd frame announces ${announced} bytes of content instead of ${expected}`)
  }
  const end = endOfBlocks(bytes, at + sizeLength) + (checksum ? CHECKSUM_LENGTH : 0)
  if (end !== bytes.length) {
    throw malformed(`a zstd frame ends after ${end} bytes, not after ${bytes.length}`)
  }
}

function contentSizeLength(flag: number, singleSegment: boolean): number {
  if (flag === 0) return singleSegment ? 1 : 0
  return 2 ** flag
}

function contentSize(view: DataView, at: number, length: number): number {
  switch (length) {
    case 1:
      return view.getUint8(at)
    case 2:
      return view.getUint16(at, true) + 256
    case 4:
      return view.getUint32(at, true)
    default:
      return Number(view.getBigUint64(at, true))
  }
}

/** Where the last block ends; beyond `bytes` when they are cut off. */
function endOfBlocks(bytes: Uint8Array, start: number): number {
  let at = start
  while (at + BLOCK_HEADER_LENGTH <= bytes.length) {
    const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
    const type = (header >>> 1) & 0b11
    if (type === BLOCK_TYPE_RESERVED) throw malformed('a zstd frame has a block of a reserved type')
    at += BLOCK_HEADER_LENGTH + (type === BLOCK_TYPE_RLE ? 1 : header >>> 3)
    if ((header & 1) === 1) return at
  }
  throw malformed('a zstd frame is cut off')
}
