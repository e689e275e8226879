import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { toHex } from '../../src/hex.ts'
import { TEXT } from '../../src/wasm/constants.ts'
import { createEngine } from '../../src/wasm/engine.ts'
import { EDGES, poly1305 } from './edges.ts'

const { exports, bytes, tag } = createEngine()!

function tagOf(key: Uint8Array, message: Uint8Array): string {
  const skipped = -message.length & 63
  bytes.fill(0, TEXT, TEXT + skipped)
  bytes.set(message, TEXT + skipped)
  bytes.set(key, exports.BLOCKS.value as number)
  exports.setAuthenticator(skipped / 16)
  exports.absorb(TEXT, skipped + message.length)
  exports.finish()
  return toHex(tag)
}

function checkTag(key: Uint8Array, message: Uint8Array, what?: string): void {
  expect(tagOf(key, message), what).toBe(toHex(poly1305(key, message)))
}

function filled(length: number, byte: (i: number) => number): Uint8Array {
  return new Uint8Array(length).map((_, i) => byte(i))
}

it.each(Object.entries(EDGES))('carries right with an r of %s', (_, r) => {
  for (const [name, byte] of Object.entries(EDGES)) {
    for (const blocks of [1, 2, 3, 4, 5, 8, 31, 300]) {
      const key = filled(32, r)
      checkTag(key, filled(16 * blocks, byte), `${name}, ${blocks} blocks`)
    }
  }
})

it('reduces sums around the prime, r being 1', () => {
  const key = filled(32, (i) => (i === 0 ? 1 : 0))
  // 2¹³⁰ is four times the bit behind a block: sums of three blocks of ones and what is near
  for (let last = 0; last < 256; last++) {
    const message = filled(48, (i) => (i === 32 ? last : 0xff))
    checkTag(key, message)
    checkTag(
      key,
      filled(64, (i) => (i === 0 ? last : i < 16 ? 0xff : 0))
    )
  }
})

it('adds the second half of its key modulo 2¹²⁸', () => {
  const key = filled(32, (i) => (i === 0 ? 2 : i < 16 ? 0 : 0xff))
  checkTag(
    key,
    filled(16, (i) => (i === 0 ? 2 : 0))
  )
  checkTag(
    key,
    filled(16, () => 0xff)
  )
})

it('agrees with big integers on whatever', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 1000 }),
      (key, drawn) => checkTag(key, drawn.subarray(0, drawn.length & -16))
    )
  )
})
