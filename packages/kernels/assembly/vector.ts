/** `target[i] += values[i]` */
export function add(target: usize, values: usize, count: i32): void {
  const shift = values - target
  const end = target + ((<usize>count) << 2)
  let at = target
  for (; at + 64 <= end; at += 64) {
    const from = at + shift
    const a = f32x4.add(v128.load(at), v128.load(from))
    const b = f32x4.add(v128.load(at, 16), v128.load(from, 16))
    const c = f32x4.add(v128.load(at, 32), v128.load(from, 32))
    const d = f32x4.add(v128.load(at, 48), v128.load(from, 48))
    v128.store(at, a)
    v128.store(at, b, 16)
    v128.store(at, c, 32)
    v128.store(at, d, 48)
  }
  for (; at < end; at += 4) store<f32>(at, load<f32>(at) + load<f32>(at + shift))
}

/** `target[i] += factor · values[i]` */
export function scaledAdd(target: usize, values: usize, count: i32, factor: f32): void {
  const shift = values - target
  const end = target + ((<usize>count) << 2)
  const f = f32x4.splat(factor)
  let at = target
  for (; at + 64 <= end; at += 64) {
    const from = at + shift
    const a = f32x4.add(v128.load(at), f32x4.mul(f, v128.load(from)))
    const b = f32x4.add(v128.load(at, 16), f32x4.mul(f, v128.load(from, 16)))
    const c = f32x4.add(v128.load(at, 32), f32x4.mul(f, v128.load(from, 32)))
    const d = f32x4.add(v128.load(at, 48), f32x4.mul(f, v128.load(from, 48)))
    v128.store(at, a)
    v128.store(at, b, 16)
    v128.store(at, c, 32)
    v128.store(at, d, 48)
  }
  for (; at < end; at += 4) store<f32>(at, load<f32>(at) + factor * load<f32>(at + shift))
}
