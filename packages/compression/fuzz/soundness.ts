import {
  FORMAT_VERSION,
  HEADER_LENGTH,
  MAGIC,
  TILE_EXPONENT,
  TILE_HEAD_LENGTH,
  TILE_LENGTH
} from '../src/constants.ts'
import { ENTROPY_AT } from './layout.ts'
import type { Subject } from './subjects.ts'

/**
 * Whether header and tiles are as docs/codec-format.md has them, read once more by
 * somebody else: what is not must have been refused.
 */
export function isSoundFrame(bytes: Uint8Array, { codec, stage }: Subject, count: number): boolean {
  if (bytes.length < HEADER_LENGTH) return false
  const own = codec.encode(new Float32Array(count))
  const entropy = bytes[ENTROPY_AT]!
  const hasStage = entropy !== 0
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = [MAGIC, FORMAT_VERSION, own[2], hasStage ? stage?.id : 0]
  const parameters = [own[8], hasStage ? TILE_EXPONENT : 0, 0, 0]
  return (
    header.every((byte, index) => byte === bytes[index]) &&
    view.getUint32(4, true) === count &&
    parameters.every((byte, index) => byte === bytes[8 + index]) &&
    (!hasStage || areSoundTiles(view))
  )
}

function areSoundTiles(view: DataView): boolean {
  if (view.byteLength === HEADER_LENGTH) return false
  for (let at = HEADER_LENGTH; at < view.byteLength;) {
    if (at + TILE_HEAD_LENGTH > view.byteLength) return false
    const [raw, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
    at += TILE_HEAD_LENGTH + length
    const isLast = at === view.byteLength
    if (raw === 0 || raw > TILE_LENGTH || length > raw || at > view.byteLength) return false
    if (!isLast && raw < TILE_LENGTH) return false
  }
  return true
}
