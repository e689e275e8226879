import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

import { compile, render } from '@daa-compute/assembly'
import { nativeMlKem768 } from '../../src/native/ml-kem-768.ts'
import { systemRandomBytes } from '../../src/random-bytes.ts'
import { createMlKem768 } from '../../src/wasm/ml-kem-768.ts'
import { createMlKemEngine } from '../../src/wasm/ml-kem-engine.ts'

const engine = createMlKemEngine()!

it('makes the keys and secrets that OpenSSL makes, and rejects as it does', () => {
  const native = nativeMlKem768()!
  for (let run = 0; run < 200; run++) {
    const seed = systemRandomBytes(64)
    const ours = createMlKem768(engine, () => new Uint8Array(seed)).createKeyPair()
    const theirs = native.importKeyPair(seed)
    expect(Buffer.from(ours.publicKey).equals(theirs.publicKey)).toBe(true)
    const { ciphertext, sharedSecret } = native.encapsulate(ours.publicKey)
    expect(Buffer.from(ours.decapsulate(ciphertext)).equals(sharedSecret)).toBe(true)
    const back = createMlKem768(engine, systemRandomBytes).encapsulate(theirs.publicKey)
    const received = theirs.decapsulate(back.ciphertext)
    expect(Buffer.from(received).equals(back.sharedSecret)).toBe(true)
    const garbage = systemRandomBytes(1088)
    expect(Buffer.from(ours.decapsulate(garbage)).equals(theirs.decapsulate(garbage))).toBe(true)
  }
})

it('is what the sources compile to, byte for byte', async () => {
  const file = new URL('../../src/wasm/ml-kem-binary.ts', import.meta.url)
  const compiled = await compile(new URL('../../', import.meta.url), 'ml-kem/index.ts')
  expect(render(compiled) === (await readFile(file, 'utf8'))).toBe(true)
})
