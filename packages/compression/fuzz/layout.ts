import { HEADER_LENGTH, TILE_HEAD_LENGTH, TILE_LENGTH } from '../src/constants.ts'
import type { EntropyStage } from '../src/entropy/entropy-stage.ts'

/** An encoding taken apart, to be put together again with faults. */
export interface Layout {
  readonly header: Uint8Array
  /** Of an encoding with an entropy stage. */
  readonly tiles: readonly Tile[]
  /** Of one without. */
  readonly payload: Uint8Array
}

export interface Tile {
  /** What the tile says about itself, which may be a lie. */
  readonly rawLength: number
  readonly length: number
  readonly body: Uint8Array
}

/** Offset of the entropy stage's id in the header. */
export const ENTROPY_AT = 3

/** Takes a sound encoding apart. */
export function takeApart(bytes: Uint8Array): Layout {
  const header = bytes.slice(0, HEADER_LENGTH)
  const payload = bytes.slice(HEADER_LENGTH)
  if (header[ENTROPY_AT] === 0) return { header, tiles: [], payload }
  const view = new DataView(payload.buffer)
  const tiles: Tile[] = []
  for (let at = 0; at < payload.length;) {
    const [rawLength, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
    const start = at + TILE_HEAD_LENGTH
    at = start + length
    tiles.push({ rawLength, length, body: payload.slice(start, at) })
  }
  return { header, tiles, payload: new Uint8Array(0) }
}

export function putTogether({ header, tiles, payload }: Layout): Uint8Array {
  return join(header, ...tiles.flatMap((tile) => [tileHead(tile), tile.body]), payload)
}

/** Cuts bytes of a value stage into sound tiles. */
export function tilesOf(raw: Uint8Array, stage: EntropyStage): Tile[] {
  const tiles: Tile[] = []
  for (let start = 0; start < raw.length; start += TILE_LENGTH) {
    const tile = raw.subarray(start, start + TILE_LENGTH)
    const room = new Uint8Array(stage.maxLength(tile.length))
    const length = stage.compress(tile, room)
    const body = length < tile.length ? room.slice(0, length) : tile.slice()
    tiles.push({ rawLength: tile.length, length: body.length, body })
  }
  return tiles
}

/** The bytes of the value stage in sound tiles. */
export function rawOf(tiles: readonly Tile[], stage: EntropyStage): Uint8Array {
  return join(
    ...tiles.map(({ rawLength, body }) => {
      if (rawLength === body.length) return body
      const raw = new Uint8Array(rawLength)
      stage.decompress(body, raw)
      return raw
    })
  )
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function tileHead({ rawLength, length }: Tile): Uint8Array {
  const head = new Uint8Array(TILE_HEAD_LENGTH)
  const view = new DataView(head.buffer)
  view.setUint32(0, rawLength, true)
  view.setUint32(4, length, true)
  return head
}
