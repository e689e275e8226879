import { afterEach, expect, it, vi } from 'vitest'

import type * as Crypto from '../src/index.ts'
import type * as Native from '../src/native/implementations.ts'
import type { Hashing } from '../src/primitives.ts'

const NATIVE = '../src/native/implementations.ts'
const PORTABLE = '../src/portable/hashing.ts'

afterEach(() => {
  vi.doUnmock(NATIVE)
  vi.doUnmock(PORTABLE)
  vi.resetModules()
})

/** The package as a new process has it. */
async function load(): Promise<typeof Crypto> {
  vi.resetModules()
  return await import('../src/index.ts')
}

/** As it is, but for one bit of each hash. */
function wrong(hashing: Hashing): Hashing {
  return {
    ...hashing,
    sha256(...parts) {
      const hash = hashing.sha256(...parts)
      hash[0]! ^= 1
      return hash
    }
  }
}

it('of a native primitive has the portable one take its place', async () => {
  const right = [...(await load()).createPrimitives().sha256(Uint8Array.of(1))]
  vi.doMock(NATIVE, async (importOriginal) => {
    const native = await importOriginal<typeof Native>()
    const hashing = native.nativeHashing()
    return { ...native, nativeHashing: () => hashing && wrong(hashing) }
  })
  const { createPrimitives } = await load()
  expect([...createPrimitives().sha256(Uint8Array.of(1))]).toEqual(right)
  expect(() => createPrimitives({ implementation: 'native' })).toThrow(
    expect.objectContaining({ code: 'UNAVAILABLE' }) as Error
  )
})

it('of a portable one are an error, each time', async () => {
  vi.doMock(PORTABLE, async (importOriginal) => {
    const { portableHashing } = await importOriginal<{ portableHashing(): Hashing }>()
    return { portableHashing: () => wrong(portableHashing()) }
  })
  const { createPrimitives } = await load()
  for (let i = 0; i < 2; i++) {
    expect(() => createPrimitives({ implementation: 'portable' })).toThrow(
      expect.objectContaining({
        code: 'SELF_TEST_FAILED',
        detail: { algorithm: 'SHA-256 and HKDF', implementation: 'portable' }
      }) as Error
    )
  }
})
