// Numbers as bytes, whole or compressed: FIPS 203, section 4.2.1. Quotients are products
// with 2ⁿ / q, as how long a division takes depends on what is divided.
import { Field, Q } from './field'
import { POLY } from './state'

/** 2³⁵ / q, rounded up: gives the right quotient of every number there is. */
const RECIPROCAL: u64 = 10_321_340

abstract class Compress {
  /** A number in 16 bits with a sign to up to 10 bits. */
  @inline
  static to(bits: u32, a: i32): u32 {
    const scaled = ((<u64>Field.reduce(a)) << bits) + Q / 2
    return <u32>((scaled * RECIPROCAL) >> 35) & ((1 << bits) - 1)
  }
}

/** Two numbers in three bytes. */
export function encode12(to: usize, polys: usize, count: usize): void {
  const end = polys + count * POLY
  for (let at = polys; at < end; at += 4) {
    const bits = Field.reduce(load<i16>(at)) | (Field.reduce(load<i16>(at, 2)) << 12)
    store<u16>(to, <u16>bits)
    store<u8>(to, <u8>(bits >> 16), 2)
    to += 3
  }
}

/** @returns whether all of them were below q */
export function decode12(polys: usize, from: usize, count: usize): bool {
  const end = polys + count * POLY
  let above = 0
  for (let at = polys; at < end; at += 4) {
    const bits = <i32>load<u16>(from) | ((<i32>load<u8>(from, 2)) << 16)
    const low = bits & 0xfff
    const high = bits >> 12
    store<i16>(at, <i16>low)
    store<i16>(at, <i16>high, 2)
    above |= (Q - 1 - low) | (Q - 1 - high)
    from += 3
  }
  return above >= 0
}

/** Four numbers of 10 bits in five bytes. */
export function compress10(to: usize, polys: usize, count: usize): void {
  const end = polys + count * POLY
  for (let at = polys; at < end; at += 8) {
    const bits =
      <u64>Compress.to(10, load<i16>(at)) |
      ((<u64>Compress.to(10, load<i16>(at, 2))) << 10) |
      ((<u64>Compress.to(10, load<i16>(at, 4))) << 20) |
      ((<u64>Compress.to(10, load<i16>(at, 6))) << 30)
    store<u32>(to, <u32>bits)
    store<u8>(to, <u8>(bits >> 32), 4)
    to += 5
  }
}

export function decompress10(polys: usize, from: usize, count: usize): void {
  const end = polys + count * POLY
  for (let at = polys; at < end; at += 8) {
    const bits = <u64>load<u32>(from) | ((<u64>load<u8>(from, 4)) << 32)
    for (let i: usize = 0; i < 4; i++) {
      const number = <i32>(bits >> (10 * <u64>i)) & 0x3ff
      store<i16>(at + (i << 1), <i16>((number * Q + 512) >> 10))
    }
    from += 5
  }
}

/** Two numbers of 4 bits in a byte. */
export function compress4(to: usize, poly: usize): void {
  for (let at = poly; at < poly + POLY; at += 4) {
    store<u8>(to++, <u8>(Compress.to(4, load<i16>(at)) | (Compress.to(4, load<i16>(at, 2)) << 4)))
  }
}

export function decompress4(poly: usize, from: usize): void {
  for (let at = poly; at < poly + POLY; at += 4) {
    const bits = <i32>load<u8>(from++)
    store<i16>(at, <i16>(((bits & 15) * Q + 8) >> 4))
    store<i16>(at, <i16>(((bits >> 4) * Q + 8) >> 4), 2)
  }
}

/** Eight numbers of a bit in a byte: what a message was. */
export function compress1(to: usize, poly: usize): void {
  for (let at = poly; at < poly + POLY; at += 16) {
    let bits: u32 = 0
    for (let i: usize = 0; i < 8; i++) bits |= Compress.to(1, load<i16>(at + (i << 1))) << (<u32>i)
    store<u8>(to++, <u8>bits)
  }
}

/** Adds half of q, rounded up, for each bit of a message that is set. */
export function addMessage(poly: usize, from: usize): void {
  for (let at = poly; at < poly + POLY; at += 16) {
    const bits = <i32>load<u8>(from++)
    for (let i: usize = 0; i < 8; i++) {
      const where = at + (i << 1)
      const bit = (bits >> <i32>i) & 1
      store<i16>(where, <i16>(<i32>load<i16>(where) + (-bit & ((Q + 1) / 2))))
    }
  }
}
