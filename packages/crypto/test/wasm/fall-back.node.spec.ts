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

function withoutNative({ createRecordCiphers }: typeof Crypto): readonly string[] {
  const made = (['wasm', 'portable'] as const).map((implementation) => {
    try {
      return createRecordCiphers({ implementation }).implementation
    } catch (error) {
      return (error as Crypto.CryptoError).code
    }
  })
  return made
}

it('is there where WebAssembly is', async () => {
  expect(withoutNative(await load())).toEqual(['wasm', 'portable'])
})

it('gives way to JavaScript where compiling is refused', async () => {
  vi.spyOn(WebAssembly, 'Module').mockImplementation(function () {
    throw new WebAssembly.CompileError('refused by a content security policy')
  })
  expect(withoutNative(await load())).toEqual(['UNAVAILABLE', 'portable'])
})

it('gives way to JavaScript where there is no WebAssembly', async () => {
  vi.stubGlobal('WebAssembly', undefined)
  const found = await load().then(withoutNative)
  vi.unstubAllGlobals()
  expect(found).toEqual(['UNAVAILABLE', 'portable'])
})

it('gives way to JavaScript where it computes wrong', async () => {
  const { Instance } = WebAssembly
  vi.spyOn(WebAssembly, 'Instance').mockImplementation(function (module, imports) {
    const { exports } = new Instance(module, imports)
    // a tag over nothing
    return { exports: { ...exports, absorb: () => undefined } }
  })
  expect(withoutNative(await load())).toEqual(['UNAVAILABLE', 'portable'])
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
