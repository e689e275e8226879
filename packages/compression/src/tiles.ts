import { TILE_LENGTH, TILE_HEAD_LENGTH } from './constants.ts'
import type { EntropyStage } from './entropy/entropy-stage.ts'
import { malformed } from './errors.ts'

/*
 * The bytes of a value stage behind an entropy stage: cut into tiles of 1 MiB,
 * the last may be shorter, each as its length, the length of what follows, and
 * what the entropy stage has made of it; or the tile itself, where that is not
 * shorter. Tiles bound what an entropy stage needs of memory, whatever the tensor.
 */

/**
 * Compresses tile by tile.
 *
 * @param out room for the result; it may be as short as `raw`
 * @param scratch room for what the stage makes of one tile
 * @returns how many bytes it wrote, or `undefined` when they would be no fewer than `raw` has
 */
export function writeTiles(
  raw: Uint8Array,
  out: Uint8Array,
  stage: EntropyStage,
  scratch: Uint8Array
): number | undefined {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  let at = 0
  for (let start = 0; start < raw.length; start += TILE_LENGTH) {
    const tile = raw.subarray(start, start + TILE_LENGTH)
    const length = stage.compress(tile, scratch)
    const body = length < tile.length ? scratch.subarray(0, length) : tile
    const end = at + TILE_HEAD_LENGTH + body.length
    if (end >= raw.length) return undefined
    view.setUint32(at, tile.length, true)
    view.setUint32(at + 4, body.length, true)
    out.set(body, at + TILE_HEAD_LENGTH)
    at = end
  }
  return raw.length === 0 ? undefined : at
}

/**
 * Adds up the lengths of the tiles, having checked every one of them.
 *
 * @param bytes hostile
 * @param limit of the bytes that the value stage can have written
 * @returns at most `limit`
 * @throws {CodecError} `MALFORMED`
 */
export function rawLengthOf(bytes: Uint8Array, limit: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let total = 0
  for (let at = 0; at < bytes.length;) {
    if (at + TILE_HEAD_LENGTH > bytes.length) throw malformed('the head of a tile is cut off')
    const raw = view.getUint32(at, true)
    const length = view.getUint32(at + 4, true)
    at += TILE_HEAD_LENGTH + length
    if (raw === 0 || raw > TILE_LENGTH || length > raw || at > bytes.length) {
      throw malformed(`a tile of ${raw} bytes cannot be in ${length} bytes, or is cut off`)
    }
    if (raw < TILE_LENGTH && at < bytes.length) throw malformed('a tile is short, but not the last')
    total += raw
    if (total > limit) throw malformed(`the tiles hold more than ${limit} bytes`)
  }
  if (total === 0) throw malformed('there are no tiles')
  return total
}

/**
 * Decompresses all tiles.
 *
 * @param bytes that {@link rawLengthOf} has gone through
 * @param raw as long as it said
 * @throws {CodecError} `MALFORMED`
 */
export function readTiles(bytes: Uint8Array, raw: Uint8Array, stage: EntropyStage): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  let start = 0
  while (start < raw.length) {
    const tile = raw.subarray(start, start + view.getUint32(at, true))
    const body = bytes.subarray(
      at + TILE_HEAD_LENGTH,
      at + TILE_HEAD_LENGTH + view.getUint32(at + 4, true)
    )
    if (body.length === tile.length) tile.set(body)
    else stage.decompress(body, tile)
    start += tile.length
    at += TILE_HEAD_LENGTH + body.length
  }
}
