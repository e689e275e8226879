import { HEADER_LENGTH, TILE_EXPONENT, TILE_LENGTH } from '../src/constants.ts'
import { damage } from './damage.ts'
import type { Dice } from './dice.ts'
import { ENTROPY_AT, join, putTogether, rawOf, tilesOf, type Tile } from './layout.ts'
import type { Sample, Subject } from './subjects.ts'

/** Bytes for a decoder, and the array it shall fill. */
export interface CodecCase {
  readonly subject: Subject
  readonly bytes: Uint8Array
  /** Length of the output array. */
  readonly length: number
  /** What has to come out, where nothing was damaged. */
  readonly expected?: Float32Array
}

/** One case in this many begins from a large sample. */
const LARGE_CASES = 4000

/** Bytes of the tiles of a bomb, about: more would only take longer. */
const MAX_BOMB = 20_000

/** Offset of the number of values in the header. */
const COUNT_AT = 4

/** Offset of the byte that says how large tiles are. */
const TILE_EXPONENT_AT = 9

/** Makes a case of a kind that the dice choose. */
export function codecCase(subjects: readonly Subject[], dice: Dice): CodecCase {
  const subject = dice.pick(subjects)
  const sample =
    dice.below(LARGE_CASES) === 0 ? subject.makeLarge(dice) : dice.pick(subject.samples)
  const { length } = sample.decoded
  if (dice.chance(0.01)) return { subject, bytes: sample.bytes, length, expected: sample.decoded }
  const bytes = dice.pick(FAULTS)({ sample, subject, subjects, dice })
  return { subject, bytes, length: lengthFor(bytes, length, dice) }
}

/** Mostly what the bytes were made from, sometimes what they claim, sometimes neither. */
function lengthFor(bytes: Uint8Array, length: number, dice: Dice): number {
  if (dice.chance(0.85) || bytes.length < HEADER_LENGTH) return length
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(COUNT_AT, true)
  return dice.chance(0.7) ? Math.min(count, 10_000) : dice.below(5000)
}

/** What a fault has to work with. */
interface Material {
  readonly sample: Sample
  readonly subject: Subject
  readonly subjects: readonly Subject[]
  readonly dice: Dice
}

type Fault = (material: Material) => Uint8Array

const FAULTS: readonly Fault[] = [
  function anywhere({ sample: { bytes }, dice }) {
    return damage(bytes, dice)
  },
  function inHeader({ sample: { layout }, dice }) {
    return putTogether({ ...layout, header: headerFault(layout.header, dice) })
  },
  function inPayload({ sample: { layout }, dice }) {
    if (layout.tiles.length === 0) {
      return putTogether({ ...layout, payload: damage(layout.payload, dice) })
    }
    return putTogether({ ...layout, tiles: tileFault(layout.tiles, dice) })
  },
  // what only the value stage can find: the faults are compressed without fault
  function behindEntropyStage({ sample: { layout }, subject: { stage }, dice }) {
    if (stage === undefined)
      return putTogether({ ...layout, payload: damage(layout.payload, dice) })
    const raw = layout.tiles.length > 0 ? rawOf(layout.tiles, stage) : layout.payload
    const tiles = tilesOf(damage(raw, dice), stage)
    return putTogether({ header: withEntropy(layout.header, stage.id), tiles, payload: EMPTY })
  },
  // the same, where the entropy stage finds nothing to do
  function storedTiles({ sample: { layout }, subject: { stage }, dice }) {
    if (stage === undefined) return damage(putTogether(layout), dice)
    const raw = layout.tiles.length > 0 ? rawOf(layout.tiles, stage) : layout.payload
    const body = damage(raw, dice)
    const tiles = [{ rawLength: body.length, length: body.length, body }]
    return putTogether({ header: withEntropy(layout.header, stage.id), tiles, payload: EMPTY })
  },
  // few bytes that say they are many
  function bomb({ sample: { layout }, subject: { stage, zeros }, dice }) {
    if (stage === undefined) return putTogether({ ...layout, payload: EMPTY })
    const body = dice.chance(0.8) ? zeros : dice.bytes(dice.below(10))
    const tile = { rawLength: TILE_LENGTH, length: body.length, body }
    const most = Math.min(40, Math.ceil(MAX_BOMB / (body.length + 1)))
    const tiles = Array.from({ length: 1 + dice.below(most) }, () => tile)
    return putTogether({ header: withEntropy(layout.header, stage.id), tiles, payload: EMPTY })
  },
  function fromAnotherCodec({ sample: { layout }, subjects, dice }) {
    const other = dice.pick(dice.pick(subjects).samples).layout
    const bytes = putTogether({ ...other, header: layout.header })
    return dice.chance(0.5) ? bytes : damage(bytes, dice)
  },
  function anotherCount({ sample: { layout, decoded }, dice }) {
    const header = layout.header.slice()
    const count = dice.chance(0.5) ? decoded.length + dice.below(3) - 1 : dice.awkward()
    new DataView(header.buffer).setUint32(COUNT_AT, Math.max(count, 0), true)
    return putTogether({ ...layout, header })
  },
  function noise({ dice }) {
    return dice.bytes(dice.below(dice.chance(0.9) ? 80 : 3000))
  },
  function noiseBehindHeader({ sample: { layout }, subject: { stage }, dice }) {
    const body = dice.bytes(dice.below(dice.chance(0.8) ? 80 : 3000))
    if (stage === undefined || dice.chance(0.3)) return join(layout.header, body)
    const rawLength = dice.chance(0.5) ? body.length + dice.below(5000) : dice.awkward()
    const tiles = [{ rawLength, length: body.length, body }]
    return putTogether({ header: withEntropy(layout.header, stage.id), tiles, payload: EMPTY })
  }
]

const EMPTY = new Uint8Array(0)

function headerFault(header: Uint8Array, dice: Dice): Uint8Array {
  const changed = header.slice()
  const at = dice.below(HEADER_LENGTH)
  if (dice.chance(0.5)) changed[at] = dice.awkward()
  else new DataView(changed.buffer).setUint32(at & ~3, dice.awkward(), true)
  return changed
}

/** Damages tiles, and says so in their heads, or does not. */
function tileFault(tiles: readonly Tile[], dice: Dice): Tile[] {
  const changed = [...tiles]
  const at = dice.below(changed.length)
  const tile = changed[at]!
  switch (dice.below(6)) {
    case 0:
      changed[at] = { ...tile, rawLength: dice.awkward() }
      break
    case 1:
      changed[at] = { ...tile, length: dice.awkward() }
      break
    case 2:
      changed.splice(at, dice.below(2), tile, tile)
      break
    case 3:
      changed.splice(at, 1)
      break
    case 4:
      changed[at] = { ...tile, rawLength: tile.rawLength + dice.below(3) - 1 }
      break
    default: {
      const body = damage(tile.body, dice)
      changed[at] = { ...tile, length: body.length, body }
    }
  }
  return changed
}

function withEntropy(header: Uint8Array, id: number): Uint8Array {
  const changed = header.slice()
  changed[ENTROPY_AT] = id
  changed[TILE_EXPONENT_AT] = TILE_EXPONENT
  return changed
}
