import type { Aead } from '../primitives.ts'
import { createCipher } from './cipher.ts'
import { createEngine } from './engine.ts'

let made: { readonly aead: Aead | undefined } | undefined

/**
 * ChaCha20-Poly1305 in WebAssembly, one for all of a process; `undefined` where the
 * platform has no WebAssembly with SIMD, or forbids it. Compiled by the first call.
 */
export function wasmAead(): Aead | undefined {
  made ??= { aead: create() }
  return made.aead
}

function create(): Aead | undefined {
  const engine = createEngine()
  return engine === undefined ? undefined : { implementation: 'wasm', ...createCipher(engine) }
}
