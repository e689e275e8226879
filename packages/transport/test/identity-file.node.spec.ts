import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIdentity, encodeIdentity } from '../src/index.ts'
import { loadOrCreateIdentity } from '../src/node.ts'

describe('identity file', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'daa-identity-'))
  })

  afterEach(async () => {
    await rm(directory, { recursive: true })
  })

  async function refused(path: string, code: string): Promise<string> {
    const error: unknown = await loadOrCreateIdentity(path).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'IdentityError', code, detail: { path } })
    return (error as Error).message
  }

  it('is created for its owner alone, with its directory, and found again', async () => {
    const path = join(directory, 'a', 'b', 'identity')
    const created = await loadOrCreateIdentity(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory, 'a'))).mode & 0o077).toBe(0)
    expect(new Uint8Array(await readFile(path))).toEqual(encodeIdentity(created))
    expect(await readdir(join(directory, 'a', 'b'))).toEqual(['identity'])
    expect((await loadOrCreateIdentity(path)).peer).toBe(created.peer)
  })

  it('is one for all who create it at the same time', async () => {
    const path = join(directory, 'identity')
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(path)))
    expect(new Set(all.map(({ peer }) => peer)).size).toBe(1)
    expect(await readdir(directory)).toEqual(['identity'])
  })

  it.each([0o640, 0o604, 0o620, 0o666])('is refused with mode %o', async (mode) => {
    const path = join(directory, 'identity')
    await loadOrCreateIdentity(path)
    await chmod(path, mode)
    expect(await refused(path, 'INSECURE_FILE')).toContain('chmod 600')
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('hello')],
    ['too much', new Uint8Array(100_000)]
  ])('is refused when it holds %s', async (_, content) => {
    const path = join(directory, 'identity')
    await writeFile(path, content, { mode: 0o600 })
    await refused(path, 'MALFORMED')
    expect(new Uint8Array(await readFile(path))).toEqual(content)
  })

  it('is refused when it holds a cut key or one of another kind', async () => {
    const path = join(directory, 'identity')
    const whole = encodeIdentity(await createIdentity())
    await writeFile(path, whole.subarray(0, 50), { mode: 0o600 })
    await refused(path, 'MALFORMED')
    await writeFile(path, privateKeyToProtobuf(await generateKeyPair('secp256k1')))
    await refused(path, 'MALFORMED')
  })

  it.each([0o700, 0o755])('is refused when it is a directory of mode %o', async (mode) => {
    const path = join(directory, 'identity')
    await mkdir(path, { mode })
    const message = await refused(path, 'UNREADABLE')
    expect(message).toContain('is a directory')
    expect(message).not.toContain('chmod')
  })

  it.runIf(process.platform !== 'win32')('is refused when it is a pipe', async () => {
    const path = join(directory, 'identity')
    execFileSync('mkfifo', ['-m', '600', path])
    expect(await refused(path, 'UNREADABLE')).toContain('not a regular file')
  })

  it.runIf(process.platform === 'linux')(
    'cannot be created where the system says that nothing is',
    () => refused('/proc/daa-nope/deeper/identity', 'UNWRITABLE')
  )

  it('cannot be created below a file', async () => {
    await writeFile(join(directory, 'file'), '')
    const path = join(directory, 'file', 'identity')
    await refused(path, 'UNREADABLE')
  })

  it('cannot be created where the file system refuses', async () => {
    // the name fits, but not that of the draft it is written to first
    await refused(join(directory, 'i'.repeat(250)), 'UNWRITABLE')
    expect(await readdir(directory)).toEqual([])
  })
})
