// Numbers modulo q, 16 bits with a sign. Products are multiplied by 2⁻¹⁶ on the way
// (Montgomery); factors that are known before carry 2¹⁶. No branch, no division and no
// address depends on a number, as all but those of a matrix are secret.

/** The prime: FIPS 203, table 2. */
export const Q: i32 = 3329

/** 2¹⁶ modulo q. */
export const ONE: i32 = 2285

/** 2³² modulo q: makes a product of two what it would have been. */
export const CORRECTION: i32 = 1353

/** The inverse of q modulo 2¹⁶. */
const INVERSE: i32 = -3327

/** 2²⁶ / q. */
const RECIPROCAL: i32 = 20_159

export abstract class Field {
  /** A number times 2⁻¹⁶: between -q and q for one between -2¹⁵ q and 2¹⁵ q. */
  @inline
  static shrink(a: i32): i32 {
    return (a - <i32>(<i16>(a * INVERSE)) * Q) >> 16
  }

  /** Between -q / 2 and q / 2, for 16 bits with a sign. */
  @inline
  static centre(a: i32): i32 {
    return a - ((RECIPROCAL * a + (1 << 25)) >> 26) * Q
  }

  /** From 0 to q - 1, for 16 bits with a sign. */
  @inline
  static reduce(a: i32): i32 {
    const centred = Field.centre(a)
    return centred + ((centred >> 31) & Q)
  }
}
