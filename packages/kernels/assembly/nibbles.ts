/** Two codes in a byte, and back. */
export abstract class Nibbles {
  /** Thirty-two i8 codes as sixteen bytes. */
  @inline
  static pack(a: v128, b: v128): v128 {
    const low = i16x8.splat(0x000f)
    const high = i16x8.splat(0x00f0)
    const left = v128.or(v128.and(a, low), v128.and(i16x8.shr_u(a, 4), high))
    const right = v128.or(v128.and(b, low), v128.and(i16x8.shr_u(b, 4), high))
    return i8x16.narrow_i16x8_u(left, right)
  }

  /** Half bytes as i8 codes. */
  @inline
  static signed(halves: v128): v128 {
    const sign = i8x16.splat(8)
    return i8x16.sub(v128.xor(halves, sign), sign)
  }

  @inline
  static low(bytes: v128): v128 {
    return Nibbles.signed(v128.and(bytes, i8x16.splat(15)))
  }

  @inline
  static high(bytes: v128): v128 {
    return Nibbles.signed(v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(15)))
  }

  /** The first sixteen of interleaved codes. */
  @inline
  static first(even: v128, odd: v128): v128 {
    return v128.shuffle<i8>(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
  }

  /** The last sixteen of interleaved codes. */
  @inline
  static last(even: v128, odd: v128): v128 {
    return v128.shuffle<i8>(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
  }
}
