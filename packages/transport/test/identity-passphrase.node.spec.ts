import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdentity, encodeIdentity } from '../src/index.ts'
import { changePassphrase, loadOrCreateIdentity } from '../src/node.ts'

/** Offsets of the fields behind the magic: version, cost, r, p, salt, nonce, ciphertext. */
const VERSION = 8
const LOG2N = 9
const R = 10
const P = 11
const SALT = 12
const CIPHERTEXT = 40

// each key derivation takes a good part of a second, several on a busy machine
describe('identity file with a passphrase', { timeout: 60_000 }, () => {
  let directory: string
  let path: string
  let peer: string
  let sealed: Uint8Array

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daa-passphrase-'))
    path = join(directory, 'keys', 'identity')
    ;({ peer } = await loadOrCreateIdentity(path, { passphrase: 'ångström' }))
    sealed = new Uint8Array(await readFile(path))
  })

  afterAll(async () => {
    await rm(directory, { recursive: true })
  })

  /** A file of its own with these bytes. */
  async function fileOf(bytes: Uint8Array): Promise<string> {
    const file = join(directory, 'other')
    await writeFile(file, bytes, { mode: 0o600 })
    return file
  }

  function changed(offset: number, value: number): Uint8Array {
    const bytes = sealed.slice()
    bytes[offset] = value
    return bytes
  }

  function loading(file: string, passphrase?: string): Promise<unknown> {
    return loadOrCreateIdentity(file, { passphrase }).catch((error: unknown) => error)
  }

  it('is created encrypted, for its owner alone, and found again', async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(directory, 'keys'))).toEqual(['identity'])
    const asking = async (): Promise<string> => 'ångström'
    const again = await loadOrCreateIdentity(path, { passphrase: asking })
    expect(again.peer).toBe(peer)
    const key = Buffer.from(encodeIdentity(again))
    expect(Buffer.from(sealed).includes(key.subarray(4, 20))).toBe(false)
  })

  it('knows a passphrase composed of other code points', async () => {
    const decomposed = 'ångström'.normalize('NFD')
    expect(decomposed).not.toBe('ångström')
    expect(await loading(path, decomposed)).toMatchObject({ peer })
  })

  it('is refused without the passphrase, and with another', async () => {
    const needed = { name: 'IdentityError', code: 'PASSPHRASE_NEEDED', detail: { path } }
    expect(await loading(path)).toMatchObject(needed)
    expect(await loading(path, '')).toMatchObject(needed)
    expect(await loading(path, 'angstrom')).toMatchObject({
      name: 'IdentityError',
      code: 'WRONG_PASSPHRASE',
      detail: { path }
    })
    expect(new Uint8Array(await readFile(path))).toEqual(sealed)
  })

  it('is not created with an empty passphrase', async () => {
    const file = join(directory, 'empty')
    expect(await loading(file, '')).toMatchObject({ code: 'PASSPHRASE_NEEDED' })
    expect(await readdir(directory)).not.toContain('empty')
  })

  it.each([
    ['salt', SALT],
    ['nonce', SALT + 16],
    ['ciphertext', CIPHERTEXT]
  ])('does not open when a bit of its %s was changed', async (_, offset) => {
    const file = await fileOf(changed(offset, (sealed[offset] ?? 0) ^ 1))
    expect(await loading(file, 'ångström')).toMatchObject({ code: 'WRONG_PASSPHRASE' })
  })

  it('does not open when a bit of its tag was changed, or it costs less', async () => {
    const last = sealed.length - 1
    const tag = await fileOf(changed(last, (sealed[last] ?? 0) ^ 0x80))
    expect(await loading(tag, 'ångström')).toMatchObject({ code: 'WRONG_PASSPHRASE' })
    const cheap = await fileOf(changed(LOG2N, 10))
    expect(await loading(cheap, 'ångström')).toMatchObject({ code: 'WRONG_PASSPHRASE' })
  })

  it.each([
    ['another version', VERSION, 2],
    ['a cost of nothing', LOG2N, 0],
    ['a cost that takes too much memory', LOG2N, 20],
    ['a cost that no number holds', LOG2N, 255],
    ['blocks too small for its cost', R, 1],
    ['no blocks', R, 0],
    ['too large blocks', R, 255],
    ['no passes', P, 0],
    ['too many passes', P, 5]
  ])('is malformed with %s, before that costs anything', async (_, offset, value) => {
    const file = await fileOf(changed(offset, value))
    expect(await loading(file, 'ångström')).toMatchObject({ code: 'MALFORMED' })
  })

  it('is malformed when it is cut or goes on for too long', async () => {
    for (const length of [8, 9, 12, 30, CIPHERTEXT, CIPHERTEXT + 16]) {
      const file = await fileOf(sealed.subarray(0, length))
      expect(await loading(file, 'ångström'), `${length}`).toMatchObject({ code: 'MALFORMED' })
    }
    const long = new Uint8Array(CIPHERTEXT + 513)
    long.set(sealed)
    expect(await loading(await fileOf(long), 'x')).toMatchObject({ code: 'MALFORMED' })
  })

  it('is refused when others can read it', async () => {
    const file = await fileOf(sealed)
    await chmod(file, 0o644)
    expect(await loading(file, 'ångström')).toMatchObject({ code: 'INSECURE_FILE' })
    await chmod(file, 0o600)
  })

  it('is encrypted, encrypted anew and decrypted in place', async () => {
    const identity = await createIdentity()
    const file = await fileOf(encodeIdentity(identity))
    expect(await loading(file, 'a')).toMatchObject({ code: 'NOT_ENCRYPTED' })
    expect((await loadOrCreateIdentity(file)).peer).toBe(identity.peer)
    await changePassphrase(file, { to: 'a' })
    expect(await loading(file)).toMatchObject({ code: 'PASSPHRASE_NEEDED' })
    await expect(changePassphrase(file, { from: 'b', to: 'c' })).rejects.toMatchObject({
      code: 'WRONG_PASSPHRASE'
    })
    await changePassphrase(file, { from: 'a', to: 'b' })
    expect(await loading(file, 'a')).toMatchObject({ code: 'WRONG_PASSPHRASE' })
    expect(await loading(file, 'b')).toMatchObject({ peer: identity.peer })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await changePassphrase(file, { from: 'b' })
    expect(new Uint8Array(await readFile(file))).toEqual(encodeIdentity(identity))
    expect(await readdir(directory)).toEqual(['keys', 'other'])
    await expect(changePassphrase(join(directory, 'none'), { to: 'a' })).rejects.toMatchObject({
      code: 'UNREADABLE'
    })
  })
})
