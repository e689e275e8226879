import { Q } from './field'
import { absorb, permute, SHAKE, SHAKE128_RATE, SHAKE256_RATE } from './keccak'
import { COINS, INPUT, MATRIX, POLY, RHO, SPONGE } from './state'

/** The matrix that ρ stands for, transformed; which numbers are rejected is public, as ρ is. */
export function expandMatrix(): void {
  for (let row: usize = 0; row < 3; row++) {
    for (let column: usize = 0; column < 3; column++) {
      memory.copy(INPUT, RHO, 32)
      store<u8>(INPUT, <u8>column, 32)
      store<u8>(INPUT, <u8>row, 33)
      absorb(SHAKE128_RATE, SHAKE, INPUT, 34)
      sampleUniform(MATRIX + (3 * row + column) * POLY)
    }
  }
}

/** FIPS 203, algorithm 7. */
function sampleUniform(poly: usize): void {
  const end = poly + POLY
  let from: usize = 0
  while (poly < end) {
    if (from == SHAKE128_RATE) {
      permute()
      from = 0
    }
    const bits = <u32>load<u16>(SPONGE + from) | ((<u32>load<u8>(SPONGE + from, 2)) << 16)
    from += 3
    const low = bits & 0xfff
    const high = bits >> 12
    if (low < <u32>Q) {
      store<u16>(poly, <u16>low)
      poly += 2
    }
    if (high < <u32>Q && poly < end) {
      store<u16>(poly, <u16>high)
      poly += 2
    }
  }
}

/** Small numbers, -2 to 2, of the coins and a byte: FIPS 203, algorithm 8, with η = 2. */
export function sampleSmall(poly: usize, nonce: u8): void {
  memory.copy(INPUT, COINS, 32)
  store<u8>(INPUT, nonce, 32)
  absorb(SHAKE256_RATE, SHAKE, INPUT, 33)
  for (let at: usize = 0; at < POLY / 4; at += 4) {
    const bits = load<u32>(SPONGE + at)
    const sums = (bits & 0x5555_5555) + ((bits >> 1) & 0x5555_5555)
    for (let i: usize = 0; i < 8; i++) {
      const pair = sums >> ((<u32>i) << 2)
      store<i16>(poly + (((at << 1) + i) << 1), <i16>((pair & 3) - ((pair >> 2) & 3)))
    }
  }
}

/** Three of them, by the bytes from `nonce` on. */
export function sampleSmalls(vector: usize, nonce: u8): void {
  for (let i: usize = 0; i < 3; i++) sampleSmall(vector + i * POLY, nonce + <u8>i)
}
