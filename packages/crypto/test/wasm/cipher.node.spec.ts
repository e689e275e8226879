import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

import { compile, render } from '@daa-compute/assembly'
import { createCipher } from '../../src/wasm/cipher.ts'
import { createEngine } from '../../src/wasm/engine.ts'

const { seal, open } = createCipher(createEngine()!)
const NAME = 'chacha20-poly1305'
const OPTIONS = { authTagLength: 16 }

it('opens what OpenSSL seals, and the other way round', () => {
  for (let run = 0; run < 200; run++) {
    const length = randomInt(run % 2 === 0 ? 70_001 : 600)
    const [key, nonce, data] = [
      randomBytes(32),
      randomBytes(12),
      randomBytes(randomInt(90))
    ] as const
    const plaintext = randomBytes(length)
    const cipher = createCipheriv(NAME, key, nonce, OPTIONS).setAAD(data, {
      plaintextLength: length
    })
    const theirs = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    expect(plaintext.equals(open(key, nonce, data, theirs)), `${length} bytes`).toBe(true)
    const ours = seal(key, nonce, data, plaintext)
    const decipher = createDecipheriv(NAME, key, nonce, OPTIONS)
      .setAAD(data, { plaintextLength: length })
      .setAuthTag(ours.subarray(length))
    const opened = Buffer.concat([decipher.update(ours.subarray(0, length)), decipher.final()])
    expect(plaintext.equals(opened), `${length} bytes`).toBe(true)
  }
})

it('leaves Buffers as they are, whose slices are no copies', () => {
  const [key, nonce, data] = [randomBytes(32), randomBytes(12), randomBytes(5)] as const
  for (const length of [100, 70_000, 200_000]) {
    const plaintext = randomBytes(length)
    const sealed = Buffer.from(seal(key, nonce, data, plaintext))
    const before = Buffer.concat([sealed])
    const opened = open(key, nonce, data, sealed)
    expect(sealed.equals(before), `${length} bytes`).toBe(true)
    expect(opened.buffer === sealed.buffer).toBe(false)
    expect(plaintext.equals(opened), `${length} bytes`).toBe(true)
  }
})

it('is what the sources compile to, byte for byte', async () => {
  const committed = await readFile(new URL('../../src/wasm/binary.ts', import.meta.url), 'utf8')
  expect(render(await compile(new URL('../../', import.meta.url))) === committed).toBe(true)
})
