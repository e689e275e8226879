import { KEY, NONCE, WORDS } from './state'

/** Four blocks of the key stream. */
const STRIDE: usize = 256

/** Sets words 0 to 15 of RFC 8439, section 2.3, in four lanes each; the first block has the number 0. */
export function setWords(): void {
  store4(0, 0x6170_7865)
  store4(1, 0x3320_646e)
  store4(2, 0x7962_2d32)
  store4(3, 0x6b20_6574)
  for (let i: usize = 0; i < 8; i++) store4(4 + i, load<i32>(KEY + (i << 2)))
  setCounter(0)
  for (let i: usize = 0; i < 3; i++) store4(13 + i, load<i32>(NONCE + (i << 2)))
}

/** The number of the next block. */
export function setCounter(first: i32): void {
  v128.store(WORDS, i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), 12 * 16)
}

function store4(index: usize, word: i32): void {
  v128.store(WORDS + (index << 4), i32x4.splat(word))
}

/** Exclusive or, and a rotation to the left. */
abstract class Xor {
  @inline
  static by16(a: v128, b: v128): v128 {
    const c = v128.xor(a, b)
    return v128.shuffle<i16>(c, c, 1, 0, 3, 2, 5, 4, 7, 6)
  }

  @inline
  static by(a: v128, b: v128, bits: i32): v128 {
    const c = v128.xor(a, b)
    return v128.or(i32x4.shl(c, bits), i32x4.shr_u(c, 32 - bits))
  }
}

/** Four words of each of four blocks: added to what they were before the rounds, and turned. */
abstract class Stream {
  @inline
  static over(at: usize, word: usize, a: v128, b: v128, c: v128, d: v128): void {
    const before = WORDS + (word << 4)
    a = i32x4.add(a, v128.load(before))
    b = i32x4.add(b, v128.load(before, 16))
    c = i32x4.add(c, v128.load(before, 32))
    d = i32x4.add(d, v128.load(before, 48))
    const e = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
    const f = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
    const g = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
    const h = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
    v128.store(at, v128.xor(v128.load(at), v128.shuffle<i64>(e, f, 0, 2)))
    v128.store(at, v128.xor(v128.load(at, 64), v128.shuffle<i64>(e, f, 1, 3)), 64)
    v128.store(at, v128.xor(v128.load(at, 128), v128.shuffle<i64>(g, h, 0, 2)), 128)
    v128.store(at, v128.xor(v128.load(at, 192), v128.shuffle<i64>(g, h, 1, 3)), 192)
  }
}

/**
 * Lays the key stream over `length` bytes, four blocks at a time, one in each lane:
 * what lies behind them, up to a multiple of 256, is overwritten. A multiple of 64
 * leaves the counter at the next block.
 */
export function crypt(text: usize, length: usize): void {
  const end = text + length
  let at = text
  for (; at < end; at += STRIDE) {
    let x0 = v128.load(WORDS, 0)
    let x1 = v128.load(WORDS, 16)
    let x2 = v128.load(WORDS, 32)
    let x3 = v128.load(WORDS, 48)
    let x4 = v128.load(WORDS, 64)
    let x5 = v128.load(WORDS, 80)
    let x6 = v128.load(WORDS, 96)
    let x7 = v128.load(WORDS, 112)
    let x8 = v128.load(WORDS, 128)
    let x9 = v128.load(WORDS, 144)
    let x10 = v128.load(WORDS, 160)
    let x11 = v128.load(WORDS, 176)
    let x12 = v128.load(WORDS, 192)
    let x13 = v128.load(WORDS, 208)
    let x14 = v128.load(WORDS, 224)
    let x15 = v128.load(WORDS, 240)
    for (let round = 0; round < 20; round += 2) {
      x0 = i32x4.add(x0, x4)
      x1 = i32x4.add(x1, x5)
      x2 = i32x4.add(x2, x6)
      x3 = i32x4.add(x3, x7)
      x12 = Xor.by16(x12, x0)
      x13 = Xor.by16(x13, x1)
      x14 = Xor.by16(x14, x2)
      x15 = Xor.by16(x15, x3)
      x8 = i32x4.add(x8, x12)
      x9 = i32x4.add(x9, x13)
      x10 = i32x4.add(x10, x14)
      x11 = i32x4.add(x11, x15)
      x4 = Xor.by(x4, x8, 12)
      x5 = Xor.by(x5, x9, 12)
      x6 = Xor.by(x6, x10, 12)
      x7 = Xor.by(x7, x11, 12)
      x0 = i32x4.add(x0, x4)
      x1 = i32x4.add(x1, x5)
      x2 = i32x4.add(x2, x6)
      x3 = i32x4.add(x3, x7)
      x12 = Xor.by(x12, x0, 8)
      x13 = Xor.by(x13, x1, 8)
      x14 = Xor.by(x14, x2, 8)
      x15 = Xor.by(x15, x3, 8)
      x8 = i32x4.add(x8, x12)
      x9 = i32x4.add(x9, x13)
      x10 = i32x4.add(x10, x14)
      x11 = i32x4.add(x11, x15)
      x4 = Xor.by(x4, x8, 7)
      x5 = Xor.by(x5, x9, 7)
      x6 = Xor.by(x6, x10, 7)
      x7 = Xor.by(x7, x11, 7)
      x0 = i32x4.add(x0, x5)
      x1 = i32x4.add(x1, x6)
      x2 = i32x4.add(x2, x7)
      x3 = i32x4.add(x3, x4)
      x15 = Xor.by16(x15, x0)
      x12 = Xor.by16(x12, x1)
      x13 = Xor.by16(x13, x2)
      x14 = Xor.by16(x14, x3)
      x10 = i32x4.add(x10, x15)
      x11 = i32x4.add(x11, x12)
      x8 = i32x4.add(x8, x13)
      x9 = i32x4.add(x9, x14)
      x5 = Xor.by(x5, x10, 12)
      x6 = Xor.by(x6, x11, 12)
      x7 = Xor.by(x7, x8, 12)
      x4 = Xor.by(x4, x9, 12)
      x0 = i32x4.add(x0, x5)
      x1 = i32x4.add(x1, x6)
      x2 = i32x4.add(x2, x7)
      x3 = i32x4.add(x3, x4)
      x15 = Xor.by(x15, x0, 8)
      x12 = Xor.by(x12, x1, 8)
      x13 = Xor.by(x13, x2, 8)
      x14 = Xor.by(x14, x3, 8)
      x10 = i32x4.add(x10, x15)
      x11 = i32x4.add(x11, x12)
      x8 = i32x4.add(x8, x13)
      x9 = i32x4.add(x9, x14)
      x5 = Xor.by(x5, x10, 7)
      x6 = Xor.by(x6, x11, 7)
      x7 = Xor.by(x7, x8, 7)
      x4 = Xor.by(x4, x9, 7)
    }
    Stream.over(at, 0, x0, x1, x2, x3)
    Stream.over(at + 16, 4, x4, x5, x6, x7)
    Stream.over(at + 32, 8, x8, x9, x10, x11)
    Stream.over(at + 48, 12, x12, x13, x14, x15)
    const counter = v128.load(WORDS, 12 * 16)
    v128.store(WORDS, i32x4.add(counter, i32x4.splat(4)), 12 * 16)
  }
}
