import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { changePassphrase } from '@daa-compute/transport/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenProgram } from '../src/token-command/program.ts'

const NOW = Date.UTC(2026, 0, 1)
const run = promisify(execFile)

interface Outcome {
  readonly status: number
  readonly out: string
  readonly complaint: string
}

let folder: string
let ownerKey: string
let owner: string
let peer: string

async function daaToken(
  words: readonly string[],
  env: Record<string, string> = {}
): Promise<Outcome> {
  const lines: string[] = []
  let complaint = ''
  const status = await createTokenProgram({
    print: (line) => void lines.push(line),
    complain: (text) => {
      complaint += text
    },
    env,
    nowMs: () => NOW
  }).run(words)
  return { status, out: lines.join('\n'), complaint }
}

function issue(...more: string[]): Promise<Outcome> {
  return daaToken(['issue', '--key', ownerKey, '--run', 'mnist', '--peer', peer, ...more])
}

async function inspected(text: string): Promise<Record<string, unknown>> {
  return JSON.parse((await daaToken(['inspect', text, '--json'])).out) as Record<string, unknown>
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daa-token-'))
  ownerKey = join(folder, 'owner.key')
  owner = (await daaToken(['key', ownerKey])).out
  peer = (await daaToken(['key', join(folder, 'peer.key')])).out
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('daa-token', () => {
  it('makes a key, and says whose it is ever after', async () => {
    expect(owner).toMatch(/^12D3Koo\w+$/)
    expect(peer).not.toBe(owner)
    expect((await stat(ownerKey)).mode & 0o777).toBe(0o600)
    expect(await daaToken(['key', ownerKey])).toEqual({ status: 0, out: owner, complaint: '' })
  })

  it('issues tokens', async () => {
    const { status, out, complaint } = await issue()
    expect({ status, complaint }).toEqual({ status: 0, complaint: '' })
    expect(await inspected(out)).toEqual({
      owner,
      run: 'mnist',
      peer,
      role: 'trainer',
      issuedMs: NOW,
      expiresMs: NOW + 30 * 86_400_000,
      isSigned: true
    })
    const observer = await issue('--role', 'observer', '--days', '0.5')
    expect(await inspected(observer.out)).toMatchObject({
      role: 'observer',
      expiresMs: NOW + 43_200_000
    })
    const until = await issue('--expires', '2026-03-01')
    expect(await inspected(until.out)).toMatchObject({ expiresMs: Date.UTC(2026, 2, 1) })
  })

  it('inspects them for people', async () => {
    const { out } = await issue('--days', '1')
    expect((await daaToken(['inspect', ` ${out}\n`])).out.split('\n')).toEqual([
      'kind       membership token',
      'run        "mnist"',
      `peer       ${peer}`,
      'role       trainer',
      'issued     2026-01-01T00:00:00.000Z',
      'expires    2026-01-02T00:00:00.000Z',
      `owner      ${owner}`,
      'signature  good'
    ])
    const last = out.at(-3) === 'A' ? 'B' : 'A'
    const forged = `${out.slice(0, -3)}${last}${out.slice(-2)}`
    expect((await daaToken(['inspect', forged])).out).toContain('NOT BY THE OWNER')
  })

  it('revokes those of a peer, or of all', async () => {
    const { out } = await daaToken(['revoke', '--key', ownerKey, '--run', 'mnist', '--peer', peer])
    expect(await inspected(out)).toEqual({
      owner,
      run: 'mnist',
      peer,
      issuedMs: NOW,
      isSigned: true
    })
    const all = await daaToken(['revoke', '--key', ownerKey, '--run', 'mnist', '--everyone'])
    expect((await daaToken(['inspect', all.out])).out).toContain('peer       everyone')
  })

  it('uses keys under a passphrase', async () => {
    const file = join(folder, 'secret.key')
    const env = { DAA_PASSPHRASE: 'correct horse' }
    const id = (await daaToken(['key', file], env)).out
    const words = ['issue', '--key', file, '--run', 'mnist', '--peer', peer]
    expect(await inspected((await daaToken(words, env)).out)).toMatchObject({ owner: id })
    const without = await daaToken(words)
    expect(without).toMatchObject({ status: 1, out: '' })
    expect(without.complaint).toContain('encrypted')
    const passphraseFile = join(folder, 'passphrase')
    await writeFile(passphraseFile, 'battery staple\nanother line\n')
    const flag = ['--passphrase-file', passphraseFile]
    expect((await daaToken([...words, ...flag])).complaint).toContain('does not open')
    await changePassphrase(file, { from: 'correct horse', to: 'battery staple' })
    expect((await daaToken([...words, ...flag])).status).toBe(0)
  })

  it.each<readonly [string, () => readonly string[], string]>([
    ['nothing', () => [], 'Usage: daa-token'],
    ['an unknown command', () => ['grant'], "unknown command 'grant'"],
    [
      'no peer',
      () => ['issue', '--key', ownerKey, '--run', 'mnist'],
      "'--peer <id>' not specified"
    ],
    [
      'a peer that is none',
      () => ['issue', '--key', ownerKey, '--run', 'x', '--peer', 'bob'],
      '12D3Koo'
    ],
    [
      'an owner without a key',
      () => ['issue', '--key', join(folder, 'x'), '--run', 'x', '--peer', peer],
      'no identity file'
    ],
    [
      'a passphrase that is nowhere',
      () => ['key', ownerKey, '--passphrase-file', join(folder, 'nowhere')],
      'cannot be read'
    ],
    ['nobody to revoke', () => ['revoke', '--key', ownerKey, '--run', 'mnist'], '--everyone'],
    [
      'both',
      () => ['revoke', '--key', ownerKey, '--run', 'x', '--peer', peer, '--everyone'],
      'cannot be used with'
    ],
    ['a text that is nothing', () => ['inspect', 'hello'], 'daat_'],
    ['a cut revocation', () => ['inspect', 'daar_AAAA'], 'was cut']
  ])('complains of %s', async (_, words, complaint) => {
    const outcome = await daaToken(words())
    expect(outcome.status).toBe(1)
    expect(outcome.complaint).toContain(complaint)
  })

  it.each([
    ['--days', '401'],
    ['--days', '0'],
    ['--days', 'soon'],
    ['--expires', 'tomorrow'],
    ['--expires', '2025-12-31'],
    ['--expires', '2029-01-01'],
    ['--role', 'no role']
  ])('does not issue a token with %s %s', async (flag, value) => {
    const outcome = await issue(flag, value)
    expect(outcome).toMatchObject({ status: 1, out: '' })
    expect(outcome.complaint).toContain('error')
  })

  it('runs as a command', async () => {
    const main = fileURLToPath(new URL('../src/token-command/main.ts', import.meta.url))
    const node = ['--conditions=source', main]
    const { stdout } = await run(process.execPath, [...node, 'key', ownerKey])
    expect(stdout).toBe(`${owner}\n`)
    const failed = run(process.execPath, [...node, 'inspect', 'hello'])
    await expect(failed).rejects.toMatchObject({ code: 1, stdout: '' })
    const help = await run(process.execPath, [...node, '--help'])
    expect(help.stdout).toContain('revoke')
  })
})
