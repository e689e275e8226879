import type { Dice } from './dice.ts'
import { join } from './layout.ts'

/** Does one thing to bytes that a hostile or broken sender may do. */
type Damage = (bytes: Uint8Array, dice: Dice) => Uint8Array

/** Insertions and repetitions are no longer than this, so that cases stay small. */
const MAX_PIECE = 300

const DAMAGES: readonly Damage[] = [
  function flipBit(bytes, dice) {
    if (bytes.length > 0) bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8)
    return bytes
  },
  function setByte(bytes, dice) {
    if (bytes.length > 0) bytes[placeIn(bytes, dice)] = dice.awkward()
    return bytes
  },
  function setField(bytes, dice) {
    const width = dice.pick([2, 4] as const)
    // most fields are aligned, and a float is spoilt by its upper half only
    const at = placeIn(bytes, dice) & (dice.chance(0.5) ? -4 : -1)
    if (at + width > bytes.length) return bytes
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (width === 2) view.setUint16(at, dice.awkward() & 0xffff, true)
    else view.setUint32(at, dice.awkward(), true)
    return bytes
  },
  function nudgeField(bytes, dice) {
    if (bytes.length > 0) bytes[placeIn(bytes, dice)]! += dice.pick([-1, 1])
    return bytes
  },
  function fill(bytes, dice) {
    const at = placeIn(bytes, dice)
    return bytes.fill(dice.pick([0, 0xff, 0x80, 0x7f, dice.below(256)]), at, at + pieceOf(dice))
  },
  function cut(bytes, dice) {
    const at = placeIn(bytes, dice)
    return join(bytes.subarray(0, at), bytes.subarray(at + pieceOf(dice)))
  },
  function cutEnd(bytes, dice) {
    return bytes.slice(0, dice.below(bytes.length + 1))
  },
  function insert(bytes, dice) {
    const at = placeIn(bytes, dice)
    return join(bytes.subarray(0, at), dice.bytes(dice.below(20)), bytes.subarray(at))
  },
  function append(bytes, dice) {
    return join(bytes, dice.bytes(1 + dice.below(20)))
  },
  function repeat(bytes, dice) {
    const at = placeIn(bytes, dice)
    return join(bytes.subarray(0, at + pieceOf(dice)), bytes.subarray(at))
  },
  function move(bytes, dice) {
    const [from, to] = [placeIn(bytes, dice), placeIn(bytes, dice)]
    return bytes.copyWithin(to, from, from + pieceOf(dice))
  }
]

/** Copies the bytes and damages the copy one to four times. */
export function damage(bytes: Uint8Array, dice: Dice): Uint8Array {
  let damaged: Uint8Array = bytes.slice()
  for (let times = 1 + dice.below(4); times > 0; times--)
    damaged = dice.pick(DAMAGES)(damaged, dice)
  return damaged
}

/** Anywhere, but more often near the beginning, where formats keep what readers rely on. */
function placeIn(bytes: Uint8Array, dice: Dice): number {
  return dice.below(dice.chance(0.4) ? Math.min(bytes.length, 24) : bytes.length)
}

function pieceOf(dice: Dice): number {
  return 1 + dice.below(dice.chance(0.5) ? 4 : MAX_PIECE)
}
