import { BLOCK, INFINITY_BITS, ROUNDERS } from './constants'
import { codeByChance, nearestCode, Rounding } from './rounding'
import { firstFrom, scaleOf } from './scale'
import { Widening } from './widening'

const CODE_MAX: i32 = 127

/** @returns -1, or the index of the first value that is not finite */
export function encodeInt8(values: usize, count: i32, out: usize): i32 {
  const rounder = v128.load(ROUNDERS)
  let to = out
  for (let start = 0; start < count; start += BLOCK) {
    const from = values + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = scaleOf(from, length, CODE_MAX)
    if (scale < 0) return start + firstFrom(from, INFINITY_BITS)
    store<f32>(to, scale)
    to += 4
    if (scale == 0) memory.fill(to, 0, length)
    else if (length == BLOCK) {
      const divisor = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 16) {
        v128.store(to + i, Rounding.nearestCodes(from + ((<usize>i) << 2), divisor, rounder))
      }
    } else {
      for (let i = 0; i < length; i++) {
        store<i8>(to + i, <i8>nearestCode(load<f32>(from + ((<usize>i) << 2)) / scale))
      }
    }
    to += length
  }
  return -1
}

/**
 * @param index of the first value within the whole array; even
 * @returns as {@link encodeInt8}
 */
export function encodeInt8ByChance(
  values: usize,
  count: i32,
  out: usize,
  index: i32,
  first: i32,
  second: i32
): i32 {
  const rounder = v128.load(ROUNDERS)
  const codeMax = f32x4.splat(<f32>CODE_MAX)
  const firsts = i32x4.splat(first)
  const seconds = i32x4.splat(second)
  let to = out
  for (let start = 0; start < count; start += BLOCK) {
    const from = values + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = scaleOf(from, length, CODE_MAX)
    if (scale < 0) return start + firstFrom(from, INFINITY_BITS)
    store<f32>(to, scale)
    to += 4
    const at = index + start
    if (scale == 0) memory.fill(to, 0, length)
    else if (length == BLOCK) {
      const divisor = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 16) {
        const source = from + ((<usize>i) << 2)
        v128.store(
          to + i,
          Rounding.codesByChance(source, divisor, rounder, codeMax, at + i, firsts, seconds)
        )
      }
    } else {
      for (let i = 0; i < length; i++) {
        const quotient = load<f32>(from + ((<usize>i) << 2)) / scale
        store<i8>(to + i, <i8>codeByChance(quotient, at + i, CODE_MAX, first, second))
      }
    }
    to += length
  }
  return -1
}

/** Writes `code * scale`. */
export function decodeInt8(bytes: usize, count: i32, out: usize): void {
  let from = bytes
  for (let start = 0; start < count; start += BLOCK) {
    const to = out + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = load<f32>(from)
    from += 4
    if (length == BLOCK) {
      const factor = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 16) {
        Widening.store(v128.load(from + i), factor, to + ((<usize>i) << 2))
      }
    } else {
      for (let i = 0; i < length; i++) {
        store<f32>(to + ((<usize>i) << 2), <f32>load<i8>(from + i) * scale)
      }
    }
    from += length
  }
}

/** Adds `factor * (code * scale)`. */
export function accumulateInt8(bytes: usize, count: i32, out: usize, factor: f32): void {
  const factors = f32x4.splat(factor)
  let from = bytes
  for (let start = 0; start < count; start += BLOCK) {
    const to = out + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = load<f32>(from)
    from += 4
    if (length == BLOCK) {
      const scales = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 16) {
        Widening.add(v128.load(from + i), scales, factors, to + ((<usize>i) << 2))
      }
    } else {
      for (let i = 0; i < length; i++) {
        const at = to + ((<usize>i) << 2)
        store<f32>(at, load<f32>(at) + factor * (<f32>load<i8>(from + i) * scale))
      }
    }
    from += length
  }
}
