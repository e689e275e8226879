import { afterEach, expect, it, vi } from 'vitest'

import type * as Crypto from '../../src/index.ts'
import { answersOfAead } from '../../src/self-test.ts'
import { wasmAead } from '../../src/wasm/aead.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.resetModules()
})

/** The package as a new process has it. */
async function load(): Promise<typeof Crypto> {
  vi.resetModules()
  return await import('../../src/index.ts')
}

/** What there is of records and of ML-KEM when WebAssembly is asked for, and when JavaScript is. */
function withoutNative(crypto: typeof Crypto): readonly string[] {
  const which = (work: () => string): string => {
    try {
      return work()
    } catch (error) {
      return (error as Crypto.CryptoError).code
    }
  }
  return (['wasm', 'portable'] as const).flatMap((implementation) => [
    which(() => crypto.createRecordCiphers({ implementation }).implementation),
    which(() => crypto.createPrimitives({ implementation }).mlKem768.implementation)
  ])
}

const BOTH = ['wasm', 'wasm', 'portable', 'portable']
const NEITHER = ['UNAVAILABLE', 'UNAVAILABLE', 'portable', 'portable']

it('is there where WebAssembly is', async () => {
  expect(withoutNative(await load())).toEqual(BOTH)
})

it('gives way to JavaScript where compiling is refused', async () => {
  vi.spyOn(WebAssembly, 'Module').mockImplementation(function () {
    throw new WebAssembly.CompileError('refused by a content security policy')
  })
  expect(withoutNative(await load())).toEqual(NEITHER)
})

it('gives way to JavaScript where there is no WebAssembly', async () => {
  vi.stubGlobal('WebAssembly', undefined)
  const found = await load().then(withoutNative)
  vi.unstubAllGlobals()
  expect(found).toEqual(NEITHER)
})

it('gives way to JavaScript where it computes wrong', async () => {
  const { Instance } = WebAssembly
  vi.spyOn(WebAssembly, 'Instance').mockImplementation(function (module, imports) {
    const { exports } = new Instance(module, imports)
    // a tag over nothing
    return { exports: { ...exports, absorb: () => undefined } }
  })
  expect(withoutNative(await load())).toEqual(NEITHER)
})

it('gives way to JavaScript where ML-KEM alone computes wrong, however little of it', async () => {
  const { Instance } = WebAssembly
  for (const wrong of ['createKeyPair', 'encapsulate', 'decapsulate']) {
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function (module, imports) {
      const { exports } = new Instance(module, imports)
      // whatever was there before
      return { exports: wrong in exports ? { ...exports, [wrong]: () => 1 } : exports }
    })
    const { createPrimitives } = await load()
    const random = (length: number) => new Uint8Array(length).fill(1)
    expect(createPrimitives({ random }).mlKem768.implementation).toBe('portable')
    vi.restoreAllMocks()
  }
})

it('is what makes ML-KEM of given randomness, which OpenSSL does not take', async () => {
  const { createPrimitives } = await load()
  const random = (length: number) => new Uint8Array(length).fill(1)
  expect(createPrimitives({ random }).mlKem768.implementation).toBe('wasm')
  expect(createPrimitives({ random, implementation: 'native' }).mlKem768.implementation).toBe(
    'wasm'
  )
})

it('compiles nothing before it is asked for', async () => {
  const compiled = vi.spyOn(WebAssembly, 'Module')
  const { createRecordCiphers } = await load()
  expect(compiled).not.toHaveBeenCalled()
  createRecordCiphers({ implementation: 'portable' })
  expect(compiled).not.toHaveBeenCalled()
  createRecordCiphers({ implementation: 'wasm' })
  expect(compiled).toHaveBeenCalledTimes(1)
})

it('is found out if it does not look at tags, or decrypts wrong', () => {
  const aead = wasmAead()!
  expect(answersOfAead(aead)).toBe(true)
  const trusting = { ...aead, open: aead.seal.bind(undefined) }
  const careless: typeof aead = {
    ...aead,
    open: (key, nonce, data, sealed) =>
      aead
        .seal(key, nonce, data, sealed.subarray(0, sealed.length - 16))
        .subarray(0, sealed.length - 16)
  }
  expect(answersOfAead(trusting)).toBe(false)
  expect(answersOfAead(careless)).toBe(false)
})
