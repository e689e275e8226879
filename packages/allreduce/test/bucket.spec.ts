import { describe, expect, it } from 'vitest'
import { Bucket } from '../src/bucket/bucket.ts'
import { layOut, locate, MAX_FINGERPRINT_LENGTH, type NamedTensors } from '../src/bucket/layout.ts'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'

function layoutOf(tensors: NamedTensors): ReturnType<typeof layOut> {
  return layOut(tensors, undefined, sha256Hasher)
}

describe('a bucket', () => {
  it('takes tensors in by name and gives them back, whatever the order they are given in', () => {
    const tensors = {
      w: Float32Array.of(1, 2, 3),
      b: Float32Array.of(4),
      empty: new Float32Array()
    }
    const layout = layoutOf(tensors)
    expect(layout).toEqual(layoutOf({ empty: tensors.empty, b: tensors.b, w: tensors.w }))
    expect(layout.length).toBe(4)
    expect(layout.fingerprint).toBe('b:1,empty:0,w:3')
    const bucket = new Bucket()
    const flat = bucket.pack(tensors, layout)
    expect(flat).toEqual(Float32Array.of(4, 1, 2, 3))
    flat.set([40, 10, 20, 30])
    bucket.unpack(flat, tensors, layout)
    expect(tensors.w).toEqual(Float32Array.of(10, 20, 30))
    expect(tensors.b).toEqual(Float32Array.of(40))
  })

  it('uses its memory again and outgrows it', () => {
    const bucket = new Bucket()
    const large = { a: new Float64Array(8).fill(7) }
    const first = bucket.pack(large, layoutOf(large))
    const small = { a: Float32Array.of(1, 2) }
    const second = bucket.pack(small, layoutOf(small))
    expect(second.buffer).toBe(first.buffer)
    expect(second).toEqual(Float32Array.of(1, 2))
    const larger = { a: new Float64Array(9) }
    expect(bucket.pack(larger, layoutOf(larger)).length).toBe(9)
  })

  it('says which tensor an index falls into', () => {
    const layout = layoutOf({
      b: new Float32Array(2),
      a: new Float32Array(3),
      e: new Float32Array()
    })
    expect(locate(layout, 2)).toEqual({ tensor: 'a', index: 2 })
    expect(locate(layout, 3)).toEqual({ tensor: 'b', index: 0 })
    expect(() => locate(layout, 5)).toThrow(RangeError)
  })

  it('holds halves when told which', () => {
    const tensors = { a: Uint16Array.of(1, 2) }
    expect(layOut(tensors, 'bfloat16', sha256Hasher).dtype).toBe('bfloat16')
    expect(() => layoutOf(tensors)).toThrow(expect.objectContaining({ code: 'BAD_TENSOR' }))
  })

  it('refuses what it cannot fuse, naming the tensor', () => {
    const bad = { a: new Float32Array(1), b: new Float64Array(1) }
    expect(() => layoutOf(bad)).toThrow(
      expect.objectContaining({
        code: 'MIXED_DTYPES',
        detail: { tensor: 'b', expected: 'float32', actual: 'float64' }
      })
    )
    for (const value of [null, undefined, [1], new Int8Array(1), 'text']) {
      const tensors = { odd: value } as unknown as NamedTensors
      expect(() => layoutOf(tensors)).toThrow(expect.objectContaining({ code: 'BAD_TENSOR' }))
    }
  })
})

describe("a bucket's fingerprint", () => {
  it('differs by name and by length', () => {
    const prints = [
      { a: new Float32Array(1), b: new Float32Array(2) },
      { a: new Float32Array(2), b: new Float32Array(1) },
      { a: new Float32Array(1), c: new Float32Array(2) },
      { 'a:1,b': new Float32Array(2) },
      { '\ud800': new Float32Array(2) },
      {}
    ].map((tensors) => layoutOf(tensors).fingerprint)
    expect(new Set(prints).size).toBe(prints.length)
  })

  it('stays short for many tensors, and still differs', () => {
    const many = (odd: number): NamedTensors =>
      Object.fromEntries(
        Array.from({ length: 500 }, (_, i) => [`layer.${i}`, new Float32Array(i === 499 ? odd : 2)])
      )
    const [one, other] = [layoutOf(many(3)).fingerprint, layoutOf(many(4)).fingerprint]
    expect(one.length).toBe(MAX_FINGERPRINT_LENGTH)
    expect(one).not.toBe(other)
    expect(one).toContain('500 tensors')
  })
})
