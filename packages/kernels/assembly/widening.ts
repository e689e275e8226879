/** Sixteen i8 codes to float32. */
export abstract class Widening {
  /** Writes `code * scale`. */
  @inline
  static store(codes: v128, scale: v128, to: usize): void {
    const low = i16x8.extend_low_i8x16_s(codes)
    const high = i16x8.extend_high_i8x16_s(codes)
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale))
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale), 16)
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale), 32)
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale), 48)
  }

  /** Adds `factor * (code * scale)`. */
  @inline
  static add(codes: v128, scale: v128, factor: v128, to: usize): void {
    const low = i16x8.extend_low_i8x16_s(codes)
    const high = i16x8.extend_high_i8x16_s(codes)
    const a = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale)
    const b = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale)
    const c = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale)
    const d = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale)
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(a, factor)))
    v128.store(to, f32x4.add(v128.load(to, 16), f32x4.mul(b, factor)), 16)
    v128.store(to, f32x4.add(v128.load(to, 32), f32x4.mul(c, factor)), 32)
    v128.store(to, f32x4.add(v128.load(to, 48), f32x4.mul(d, factor)), 48)
  }
}
