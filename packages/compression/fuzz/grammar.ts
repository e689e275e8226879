import type { Dice } from './dice.ts'
import { join } from './layout.ts'

/*
 * Compressed bytes that keep to the grammar of their format, and name offsets and
 * lengths that are at the edge of what they may be, or behind it.
 */

/** Writes some bytes, and says how many bytes of content they stand for if they are sound. */
export type Grammar = (dice: Dice) => { readonly bytes: Uint8Array; readonly length: number }

export const lz4Grammar: Grammar = (dice) => {
  const parts: Uint8Array[] = []
  let length = 0
  for (let sequences = dice.below(12); sequences >= 0; sequences--) {
    const literals = dice.below(dice.chance(0.8) ? 20 : 600)
    const match = dice.below(dice.chance(0.8) ? 30 : 2000)
    const last = sequences === 0
    const token =
      (Math.min(literals, 15) << 4) | (last && dice.chance(0.9) ? 0 : Math.min(match, 15))
    parts.push(Uint8Array.of(token), lz4Length(literals), dice.bytes(literals))
    length += literals
    if (last && dice.chance(0.9)) break
    const offset = offsetAt(length, dice)
    parts.push(Uint8Array.of(offset & 0xff, (offset >>> 8) & 0xff), lz4Length(match))
    length += match + 4
  }
  return { bytes: join(...parts), length }
}

export const snappyGrammar: Grammar = (dice) => {
  const parts: Uint8Array[] = []
  let length = 0
  for (let elements = dice.below(15); elements > 0; elements--) {
    const kind = dice.below(4)
    if (kind === 0 || length === 0) {
      const literals = 1 + dice.below(dice.chance(0.8) ? 60 : 600)
      const width = literals <= 60 ? 0 : dice.pick([2, 3, 4])
      const tag = width === 0 ? literals - 1 : 59 + width
      parts.push(Uint8Array.of(tag << 2), little(literals - 1, width), dice.bytes(literals))
      length += literals
      continue
    }
    const offset = offsetAt(length, dice)
    const size = kind === 1 ? 4 + dice.below(8) : 1 + dice.below(64)
    if (kind === 1) {
      const tag = ((offset >>> 3) & 0xe0) | ((size - 4) << 2) | 1
      parts.push(Uint8Array.of(tag, offset & 0xff))
    } else {
      parts.push(Uint8Array.of(((size - 1) << 2) | kind), little(offset, kind === 2 ? 2 : 4))
    }
    length += size
  }
  const announced = dice.chance(0.9) ? length : dice.awkward()
  return { bytes: join(base128(announced), ...parts), length }
}

/** A frame of raw, repeated and broken blocks behind a header of any form. */
export const zstdGrammar: Grammar = (dice) => {
  const blocks: Uint8Array[] = []
  let length = 0
  for (let count = dice.below(5); count >= 0; count--) {
    const type = dice.pick([0, 0, 1, 1, 2, 3])
    const size = dice.below(dice.chance(0.8) ? 50 : 3000)
    const content = dice.bytes(type === 1 ? 1 : size)
    const last = count === 0 && dice.chance(0.95) ? 1 : 0
    blocks.push(little((size << 3) | (type << 1) | last, 3), content)
    length += size
  }
  const flag = dice.below(4)
  const single = dice.chance(0.7)
  const checksum = dice.chance(0.1)
  const descriptor =
    (flag << 6) | (single ? 32 : 0) | (checksum ? 4 : 0) | (dice.chance(0.05) ? dice.below(32) : 0)
  const announced = (dice.chance(0.9) ? length : dice.awkward()) - (flag === 1 ? 256 : 0)
  const width = flag === 0 && !single ? 0 : 2 ** flag
  return {
    bytes: join(
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, descriptor),
      single ? new Uint8Array(0) : dice.bytes(1),
      little(announced, width),
      ...blocks,
      dice.bytes(checksum ? 4 : 0)
    ),
    length
  }
}

/** Back to the first byte, one too far, not at all, or somewhere between. */
function offsetAt(length: number, dice: Dice): number {
  return dice.chance(0.9)
    ? 1 + dice.below(length)
    : dice.pick([0, length, length + 1, 0xffff, dice.awkward()])
}

function lz4Length(length: number): Uint8Array {
  if (length < 15) return new Uint8Array(0)
  const rest = length - 15
  const bytes = new Uint8Array(Math.floor(rest / 255) + 1).fill(255)
  bytes[bytes.length - 1] = rest % 255
  return bytes
}

function base128(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.of(...bytes, rest)
}

function little(value: number, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 256 ** index) & 0xff)
}
