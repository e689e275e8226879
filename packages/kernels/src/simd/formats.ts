import { requireRoom } from '../fit.ts'
import type { NumberFormat } from '../number-format.ts'
import { keysOf } from '../random-rounding.ts'
import { TILE_LENGTH } from './engine.ts'
import type { Engines } from './engines.ts'
import type { Accumulate, Decode, Encode, EncodeByChance, Loops } from './loops.ts'
import { operandOf } from './operand.ts'

/** The loops of a format. */
export interface FormatLoops {
  encode(loops: Loops): Encode
  /** For formats that can round by chance. */
  encodeByChance?(loops: Loops): EncodeByChance
  decode(loops: Loops): Decode
  accumulate(loops: Loops): Accumulate
  /**
   * In formats of two bytes per value, the bits from which on magnitudes are infinite or
   * NaN. Default: faults are what the reference finds, which reads little but scales
   */
  readonly infinity?: number
}

/**
 * Puts loops to work on arrays. A tile is a whole number of blocks, so what a tile
 * comes to is a piece of what the array comes to.
 *
 * @param reference for what is the same: lengths, and the look for faults where that
 * reads little but scales
 */
export function createFormat(
  engines: Engines,
  reference: NumberFormat,
  format: FormatLoops
): NumberFormat {
  const { encodedLength } = reference
  const { infinity } = format

  return {
    encodedLength,

    findFault(bytes, count) {
      if (infinity === undefined) return reference.findFault(bytes, count)
      requireRoom(bytes, encodedLength(count))
      const engine = engines.of(bytes)
      const source = operandOf(engine, bytes, engine.slots[0])
      const step = source.resident ? count : TILE_LENGTH
      for (let start = 0; start < count; start += step) {
        const end = Math.min(start + step, count)
        const from = source.load(encodedLength(start), encodedLength(end))
        const found = engine.loops.findFaultOfHalves(from, end - start, infinity)
        if (found >= 0) return start + found
      }
      return -1
    },

    encode(values, out, seed) {
      requireRoom(out, encodedLength(values.length))
      const engine = engines.of(values, out)
      const source = operandOf(engine, values, engine.slots[0])
      const target = operandOf(engine, out, engine.slots[1])
      const nearest = format.encode(engine.loops)
      const byChance = seed === undefined ? undefined : format.encodeByChance?.(engine.loops)
      const keys = keysOf(seed ?? 0n)
      const step = source.resident && target.resident ? values.length : TILE_LENGTH
      for (let start = 0; start < values.length; start += step) {
        const end = Math.min(start + step, values.length)
        const from = source.load(4 * start, 4 * end)
        const first = encodedLength(start)
        const to = target.place(first)
        const refused =
          byChance === undefined
            ? nearest(from, end - start, to)
            : byChance(from, end - start, to, start, keys.first, keys.second)
        if (refused >= 0) return start + refused
        target.store(first, encodedLength(end))
      }
      return -1
    },

    decode(bytes, out) {
      requireRoom(bytes, encodedLength(out.length))
      const engine = engines.of(out, bytes)
      const source = operandOf(engine, bytes, engine.slots[0])
      const target = operandOf(engine, out, engine.slots[1])
      const decode = format.decode(engine.loops)
      const step = source.resident && target.resident ? out.length : TILE_LENGTH
      for (let start = 0; start < out.length; start += step) {
        const end = Math.min(start + step, out.length)
        const from = source.load(encodedLength(start), encodedLength(end))
        decode(from, end - start, target.place(4 * start))
        target.store(4 * start, 4 * end)
      }
    },

    accumulate(bytes, out, factor = 1) {
      requireRoom(bytes, encodedLength(out.length))
      const engine = engines.of(out, bytes)
      const source = operandOf(engine, bytes, engine.slots[0])
      const target = operandOf(engine, out, engine.slots[1])
      const accumulate = format.accumulate(engine.loops)
      const step = source.resident && target.resident ? out.length : TILE_LENGTH
      for (let start = 0; start < out.length; start += step) {
        const end = Math.min(start + step, out.length)
        const from = source.load(encodedLength(start), encodedLength(end))
        accumulate(from, end - start, target.load(4 * start, 4 * end), factor)
        target.store(4 * start, 4 * end)
      }
    }
  }
}
