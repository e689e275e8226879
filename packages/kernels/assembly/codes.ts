import { BLOCK, INFINITY_BITS, ROUNDERS } from './constants'
import { firstFrom, maxMagnitude, scaleOf } from './magnitude'
import { Nibbles } from './nibbles'
import { codeByChance, nearestCode, Rounding } from './rounding'
import { Widening } from './widening'

/**
 * What int8 and int4 have in common: blocks of codes behind their scale. `nibbles` says
 * which, and is a constant wherever this is put in line.
 */
export abstract class Codes {
  /** The largest code. */
  @inline
  static largest(nibbles: bool): i32 {
    return nibbles ? 7 : 127
  }

  /** Bytes of the codes of `count` values. */
  @inline
  static length(count: i32, nibbles: bool): i32 {
    return nibbles ? (count + 1) >>> 1 : count
  }

  /** The code of one value of a block. */
  @inline
  static at(codes: usize, index: i32, nibbles: bool): f32 {
    if (!nibbles) return <f32>load<i8>(codes + index)
    return <f32>(((<i32>load<u8>(codes + (index >>> 1))) << (28 - ((index & 1) << 2))) >> 28)
  }

  /** Writes the code of one value of a block, values one after the other. */
  @inline
  static put(codes: usize, index: i32, code: i32, nibbles: bool): void {
    if (!nibbles) store<i8>(codes + index, <i8>code)
    else if ((index & 1) == 0) store<u8>(codes + (index >>> 1), <u8>(code & 15))
    else {
      const at = codes + (index >>> 1)
      store<u8>(at, <u8>(<i32>load<u8>(at) | (code << 4)))
    }
  }

  /**
   * A block that is not whole.
   *
   * @returns -1, or the index of the first value that is not finite
   */
  @inline
  static encodeRest(values: usize, count: i32, out: usize, nibbles: bool): i32 {
    if (count == 0) return -1
    const peak = maxMagnitude(values, count)
    if (peak >= INFINITY_BITS) return firstFrom(values, INFINITY_BITS)
    const scale = scaleOf(values, count, peak, Codes.largest(nibbles))
    store<f32>(out, scale)
    const divisor: f32 = scale == 0 ? 1 : scale
    for (let i = 0; i < count; i++) {
      const code = nearestCode(load<f32>(values + ((<usize>i) << 2)) / divisor)
      Codes.put(out + 4, i, code, nibbles)
    }
    return -1
  }

  /**
   * @param index of the first value within the whole array; even
   * @returns as {@link encodeRest}
   */
  @inline
  static encodeByChance(
    values: usize,
    count: i32,
    out: usize,
    index: i32,
    first: i32,
    second: i32,
    nibbles: bool
  ): i32 {
    const codeMax = Codes.largest(nibbles)
    const rounder = v128.load(ROUNDERS)
    const bounds = f32x4.splat(<f32>codeMax)
    const firsts = i32x4.splat(first)
    const seconds = i32x4.splat(second)
    let to = out
    for (let start = 0; start < count; start += BLOCK) {
      const from = values + ((<usize>start) << 2)
      const length = min(BLOCK, count - start)
      const peak = maxMagnitude(from, length)
      if (peak >= INFINITY_BITS) return start + firstFrom(from, INFINITY_BITS)
      const scale = scaleOf(from, length, peak, codeMax)
      store<f32>(to, scale)
      to += 4
      const bytes = Codes.length(length, nibbles)
      const place = index + start
      if (scale == 0) memory.fill(to, 0, bytes)
      else if (length == BLOCK) {
        const divisor = f32x4.splat(scale)
        for (let i = 0; i < BLOCK; i += 16) {
          const at = from + ((<usize>i) << 2)
          const a = Rounding.codesByChance(at, divisor, rounder, bounds, place + i, firsts, seconds)
          if (!nibbles) v128.store(to + i, a)
          else {
            i += 16
            const b = Rounding.codesByChance(
              at + 64,
              divisor,
              rounder,
              bounds,
              place + i,
              firsts,
              seconds
            )
            v128.store(to + ((i - 16) >>> 1), Nibbles.pack(a, b))
          }
        }
      } else {
        for (let i = 0; i < length; i++) {
          const quotient = load<f32>(from + ((<usize>i) << 2)) / scale
          Codes.put(to, i, codeByChance(quotient, place + i, codeMax, first, second), nibbles)
        }
      }
      to += bytes
    }
    return -1
  }

  /** Writes `code * scale`. */
  @inline
  static decode(bytes: usize, count: i32, out: usize, nibbles: bool): void {
    let from = bytes
    for (let start = 0; start < count; start += BLOCK) {
      const to = out + ((<usize>start) << 2)
      const length = min(BLOCK, count - start)
      const scale = load<f32>(from)
      from += 4
      if (length < BLOCK) {
        for (let i = 0; i < length; i++) {
          store<f32>(to + ((<usize>i) << 2), Codes.at(from, i, nibbles) * scale)
        }
      } else {
        const scales = f32x4.splat(scale)
        for (let i = 0; i < BLOCK; i += nibbles ? 32 : 16) {
          const at = to + ((<usize>i) << 2)
          if (!nibbles) Widening.store(v128.load(from + i), scales, at)
          else {
            const packed = v128.load(from + (i >>> 1))
            const low = Nibbles.low(packed)
            const high = Nibbles.high(packed)
            Widening.store(Nibbles.first(low, high), scales, at)
            Widening.store(Nibbles.last(low, high), scales, at + 64)
          }
        }
      }
      from += Codes.length(length, nibbles)
    }
  }

  /** Adds `factor * (code * scale)`. */
  @inline
  static accumulate(bytes: usize, count: i32, out: usize, factor: f32, nibbles: bool): void {
    const factors = f32x4.splat(factor)
    let from = bytes
    for (let start = 0; start < count; start += BLOCK) {
      const to = out + ((<usize>start) << 2)
      const length = min(BLOCK, count - start)
      const scale = load<f32>(from)
      from += 4
      if (length < BLOCK) {
        for (let i = 0; i < length; i++) {
          const at = to + ((<usize>i) << 2)
          store<f32>(at, load<f32>(at) + factor * (Codes.at(from, i, nibbles) * scale))
        }
      } else {
        const scales = f32x4.splat(scale)
        for (let i = 0; i < BLOCK; i += nibbles ? 32 : 16) {
          const at = to + ((<usize>i) << 2)
          if (!nibbles) Widening.add(v128.load(from + i), scales, factors, at)
          else {
            const packed = v128.load(from + (i >>> 1))
            const low = Nibbles.low(packed)
            const high = Nibbles.high(packed)
            Widening.add(Nibbles.first(low, high), scales, factors, at)
            Widening.add(Nibbles.last(low, high), scales, factors, at + 64)
          }
        }
      }
      from += Codes.length(length, nibbles)
    }
  }
}
