import { expectAllOrNothing } from '@daa-compute/testing'
import * as fc from 'fast-check'
import { describe, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { bellCurve } from './values.ts'

/** One thing that a hostile or broken sender may do to an encoding. */
type Mutation =
  | { readonly type: 'flip'; readonly at: number; readonly bits: number }
  | { readonly type: 'field'; readonly field: number; readonly value: number }
  | { readonly type: 'cut'; readonly at: number; readonly length: number }
  | { readonly type: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly type: 'repeat'; readonly at: number; readonly length: number }

/**
 * Where the fields of 32 bits are: the count, then the first scale or the first
 * frame's length, the frame's magic, its header, its content size, its blocks;
 * and the second scale.
 */
const FIELDS = [0, 4, 8, 12, 16, 17, 19, 20, 268]

/** Numbers at which readers go wrong. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7f7f_ffff, 0x7f80_0000, 0x7fff_ffff, 0x8000_0000]

const fraction = fc.double({ min: 0, max: 1, noNaN: true })
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ type: fc.constant('flip'), at: fraction, bits: fc.integer({ min: 1, max: 255 }) }),
  fc.record({
    type: fc.constant('field'),
    field: fc.constantFrom(...FIELDS),
    value: fc.oneof(fc.constantFrom(...EDGES, 0xffff_ffff), fc.nat({ max: 0xffff_ffff }))
  }),
  fc.record({ type: fc.constant('cut'), at: fraction, length: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ type: fc.constant('insert'), at: fraction, bytes: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ type: fc.constant('repeat'), at: fraction, length: fc.integer({ min: 1, max: 300 }) })
)

// fast-check prints the seed and the smallest case of a failure
describe.each(['float32', 'int8', 'float32+zstd', 'int8+zstd'])('hostile bytes for %s', (name) => {
  it('are refused, or fill the output with finite values', async () => {
    const codec = await createCodec(name)
    const lengths = fc.constantFrom(0, 1, 5, 256, 257, 600)
    fc.assert(
      fc.property(
        lengths,
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (length, mutations) => {
          const values = bellCurve(length, length)
          const bytes = mutations.reduce(mutate, codec.encode(values).slice())
          expectAllOrNothing(codec, bytes, length)
        }
      ),
      { numRuns: 2000 }
    )
  })

  it('are refused when they are just noise', async () => {
    const codec = await createCodec(name)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 20 }), (bytes, length) => {
        expectAllOrNothing(codec, bytes, length)
      })
    )
  })
})

function mutate(bytes: Uint8Array, change: Mutation): Uint8Array {
  if (change.type === 'field') {
    const changed = bytes.slice()
    if (change.field + 4 <= bytes.length) {
      new DataView(changed.buffer).setUint32(change.field, change.value, true)
    }
    return changed
  }
  const at = Math.floor(change.at * bytes.length)
  switch (change.type) {
    case 'flip': {
      const changed = bytes.slice()
      if (at < changed.length) changed[at]! ^= change.bits
      return changed
    }
    case 'cut':
      return concat(bytes.subarray(0, at), bytes.subarray(at + change.length))
    case 'insert':
      return concat(bytes.subarray(0, at), change.bytes, bytes.subarray(at))
    case 'repeat':
      return concat(bytes.subarray(0, at + change.length), bytes.subarray(at))
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
