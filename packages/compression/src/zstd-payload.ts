import { FRAME_LENGTH_BYTES, TILE_VALUES } from './constants.ts'
import { malformed, nonFinite } from './errors.ts'
import type { PayloadFormat } from './payload.ts'
import type { ValueStage } from './value-stage.ts'
import { maxFrameLength } from './entropy/zstd-frame.ts'
import { compressFrame, decompressFrame } from './zstd.ts'

/**
 * The bytes of the value stage, cut into tiles of {@link TILE_VALUES} values,
 * each as the length of a zstd frame and the frame.
 *
 * Tiles bound what a call needs of zstd's memory. Decoding keeps the tiles'
 * decompressed bytes until the last of them has proved sound, because `out`
 * must not be touched before: of memory, this takes the length of the value
 * stage's bytes for `out.length` values, and no sender can make it more.
 */
export function zstdPayload(stage: ValueStage, level: number): PayloadFormat {
  let scratch = new Uint8Array(0)

  /** Room for the value stage's bytes of one tile; grows to that and no further. */
  function scratchOf(length: number): Uint8Array {
    if (scratch.length < length) scratch = new Uint8Array(length)
    return scratch.subarray(0, length)
  }

  return {
    entropyId: 1,

    maxLength(count) {
      const tiles = Math.floor(count / TILE_VALUES)
      return tiles * maxTileLength(stage, TILE_VALUES) + maxTileLength(stage, count % TILE_VALUES)
    },

    encode(values, out) {
      const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
      let at = 0
      for (let start = 0; start < values.length; start += TILE_VALUES) {
        const tile = values.subarray(start, start + TILE_VALUES)
        const bytes = scratchOf(stage.encodedLength(tile.length))
        const index = stage.encode(tile, bytes)
        if (index >= 0) throw nonFinite(start + index, tile[index]!)
        const frame = compressFrame(bytes, level)
        view.setUint32(at, frame.length, true)
        out.set(frame, at + FRAME_LENGTH_BYTES)
        at += FRAME_LENGTH_BYTES + frame.length
      }
      return at
    },

    decode(bytes, out) {
      const tiles: Uint8Array[] = []
      let at = 0
      for (let start = 0; start < out.length; start += TILE_VALUES) {
        const count = Math.min(TILE_VALUES, out.length - start)
        const frame = frameAt(bytes, at)
        const tile = decompressFrame(frame, stage.encodedLength(count))
        const fault = stage.findFault(tile, count)
        if (fault !== undefined) throw malformed(`in the tile at value ${start}, ${fault}`)
        tiles.push(tile)
        at += FRAME_LENGTH_BYTES + frame.length
      }
      if (at !== bytes.length) {
        throw malformed(`the last frame is followed by ${bytes.length - at} more bytes`)
      }
      for (const [index, tile] of tiles.entries()) {
        const start = index * TILE_VALUES
        stage.decode(tile, out.subarray(start, start + TILE_VALUES))
      }
    }
  }
}

function maxTileLength(stage: ValueStage, count: number): number {
  return count === 0 ? 0 : FRAME_LENGTH_BYTES + maxFrameLength(stage.encodedLength(count))
}

/** The frame whose length is at `at`; a view. */
function frameAt(bytes: Uint8Array, at: number): Uint8Array {
  const start = at + FRAME_LENGTH_BYTES
  if (start > bytes.length) throw malformed('the length of a zstd frame is cut off')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(at, true)
  if (length > bytes.length - start) {
    throw malformed(`a zstd frame of ${length} bytes is cut off after ${bytes.length - start}`)
  }
  return bytes.subarray(start, start + length)
}
