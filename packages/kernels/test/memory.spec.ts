import { afterEach, describe, expect, it, vi } from 'vitest'

import { createKernels, referenceKernels } from '../src/index.ts'
import { createSimdKernels } from '../src/simd/kernels.ts'
import { compileLoops } from '../src/simd/loops.ts'
import { firstDifference, valuesOf } from './values.ts'

const kernels = createKernels()

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('memory', () => {
  it('is SIMD where these tests run', () => {
    expect(kernels.kind).toBe('simd')
    expect(createKernels()).toBe(kernels)
  })

  it('is never detached, however much is allocated after it', () => {
    const first = kernels.allocate(1000)
    first.fill(1)
    for (let i = 1; i <= 64; i++) {
      const other = kernels.allocate(10_000 * i)
      expect(other.every((value) => value === 0)).toBe(true)
      kernels.add(other, valuesOf('bell', other.length, i))
    }
    kernels.add(first, first)
    expect(first).toHaveLength(1000)
    expect(first.every((value) => value === 2)).toBe(true)
  })

  it('of an arena is shared out without overlaps, and no more than there is', () => {
    for (const { createArena } of [kernels, referenceKernels]) {
      const arena = createArena(1000)
      expect(arena.free).toBeGreaterThanOrEqual(1000)
      const floats = arena.floats(100).fill(1)
      const bytes = arena.bytes(7).fill(255)
      expect(floats.every((value) => value === 1)).toBe(true)
      expect(bytes.buffer).toBe(floats.buffer)
      expect(bytes.byteOffset % 64).toBe(0)
      const { free } = arena
      expect(() => arena.bytes(free + 1)).toThrow(RangeError)
      expect(arena.bytes(free)).toHaveLength(free)
      expect(arena.free).toBe(0)
    }
  })

  it('refuses a length that is none', () => {
    expect(() => kernels.allocate(-1)).toThrow(RangeError)
    expect(() => kernels.createArena(-1)).toThrow(RangeError)
  })

  it('may be shared with other threads', () => {
    // browsers have it on pages that are isolated from others only
    if (typeof SharedArrayBuffer === 'undefined') return
    const values = valuesOf('bell', 40_000, 1)
    const shared = new Float32Array(new SharedArrayBuffer(4 * values.length))
    shared.set(values)
    kernels.add(shared, values)
    expect(
      firstDifference(
        shared,
        values.map((value) => 2 * value)
      )
    ).toBe(-1)
  })

  it('is ordinary where WebAssembly has no more', () => {
    const fresh = createSimdKernels(compileLoops()!)
    vi.stubGlobal('WebAssembly', {
      Memory: () => {
        throw new RangeError('could not allocate memory')
      }
    })
    const values = fresh.allocate(20_000)
    fresh.add(values, valuesOf('constant', 20_000, 1))
    expect(values.every((value) => value === Math.fround(-0.1))).toBe(true)
    expect(fresh.createArena(100).floats(25)).toHaveLength(25)
  })

  it('is not WebAssembly where there is none, or where a policy forbids it', () => {
    vi.stubGlobal('WebAssembly', {
      Module: () => {
        throw new TypeError('refused to compile')
      }
    })
    expect(compileLoops()).toBeUndefined()
    vi.stubGlobal('WebAssembly', undefined)
    expect(compileLoops()).toBeUndefined()
    expect(referenceKernels.kind).toBe('plain')
  })
})
