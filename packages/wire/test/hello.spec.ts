import { describe, expect, it } from 'vitest'
import {
  createReader,
  createWriter,
  negotiateVersion,
  readHello,
  writeHello
} from '../src/index.ts'

describe('hello', () => {
  it('negotiates the highest common version, the same from both sides', () => {
    const a = { min: 1, max: 4 }
    const b = { min: 2, max: 3 }
    expect(negotiateVersion(a, b)).toBe(3)
    expect(negotiateVersion(b, a)).toBe(3)
  })

  it('says who has to update when there is none', () => {
    const old = { min: 1, max: 1 }
    const fresh = { min: 2, max: 3 }
    expect(() => negotiateVersion(old, fresh)).toThrow(/update this peer/)
    expect(() => negotiateVersion(fresh, old)).toThrow(/update the other peer/)
    expect(() => negotiateVersion(fresh, old)).toThrow(
      expect.objectContaining({
        code: 'NO_COMMON_VERSION',
        detail: { ours: fresh, theirs: old }
      }) as Error
    )
  })

  it('crosses the wire, and refuses strangers', () => {
    const bytes = writeHello(createWriter(), { min: 1, max: 2 }).uint8(7).finish()
    const reader = createReader(bytes)
    expect(readHello(reader)).toEqual({ min: 1, max: 2 })
    expect(reader.uint8()).toBe(7)
    const stranger = new TextEncoder().encode('GET / HTTP/1.1')
    expect(() => readHello(createReader(stranger))).toThrow(/magic/)
    expect(() => readHello(createReader(stranger))).toThrow(
      expect.objectContaining({ code: 'NOT_A_HELLO' }) as Error
    )
    expect(() => readHello(createReader(bytes.subarray(0, 5)))).toThrow(/left/)
    const empty = writeHello(createWriter(), { min: 3, max: 2 }).finish()
    expect(() => readHello(createReader(empty))).toThrow(/empty/)
  })
})
