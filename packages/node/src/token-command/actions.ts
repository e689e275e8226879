import { readFile } from 'node:fs/promises'
import type { PeerId } from '@daa-compute/interface'
import {
  inspectRevocation,
  inspectToken,
  isSignedByOwner,
  issueRevocation,
  issueToken,
  type MembershipToken,
  type Revocation,
  REVOCATION_PREFIX
} from '@daa-compute/transport'
import { loadIdentity, loadOrCreateIdentity, type Passphrase } from '@daa-compute/transport/node'

import { NodeError } from '../errors.ts'

/** Where a command reads and writes. */
export interface Console {
  print(line: string): void
  complain(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** ms since 1970. */
  nowMs(): number
}

export interface KeyFlags {
  readonly passphraseFile?: string
}

export interface IssueFlags extends KeyFlags {
  readonly key: string
  readonly run: string
  readonly peer: PeerId
  readonly role: string
  readonly days: number
  /** ms since 1970; instead of `days`. */
  readonly expires?: number
}

export interface RevokeFlags extends KeyFlags {
  readonly key: string
  readonly run: string
  readonly peer?: PeerId
  readonly everyone?: true
}

export interface InspectFlags {
  readonly json: boolean
}

const DAY_MS = 86_400_000

export async function key(console: Console, file: string, flags: KeyFlags): Promise<void> {
  const passphrase = await passphraseOf(console, flags)
  const { peer } = await loadOrCreateIdentity(file, { passphrase })
  console.print(peer)
}

export async function issue(console: Console, flags: IssueFlags): Promise<void> {
  const { run, peer, role, days, expires } = flags
  const { signer } = await ownerOf(console, flags)
  const issuedMs = console.nowMs()
  const expiresMs = expires ?? Math.round(issuedMs + days * DAY_MS)
  console.print(await issueToken({ signer, run, peer, role, issuedMs, expiresMs }))
}

export async function revoke(console: Console, flags: RevokeFlags): Promise<void> {
  const { run, peer } = flags
  const { signer } = await ownerOf(console, flags)
  console.print(await issueRevocation({ signer, run, peer, issuedMs: console.nowMs() }))
}

export async function inspect(
  console: Console,
  text: string,
  { json }: InspectFlags
): Promise<void> {
  const statement: MembershipToken | Revocation = text.trim().startsWith(REVOCATION_PREFIX)
    ? inspectRevocation(text)
    : inspectToken(text)
  const isSigned = await isSignedByOwner(text)
  if (json) return console.print(JSON.stringify({ ...statement, isSigned }))
  for (const [name, value] of rowsOf(statement, isSigned)) {
    console.print(`${name.padEnd(10)} ${value}`)
  }
}

function rowsOf(
  statement: MembershipToken | Revocation,
  isSigned: boolean
): readonly (readonly [name: string, value: string])[] {
  const { owner, run, peer = 'everyone', issuedMs } = statement
  const isToken = 'role' in statement
  return [
    ['kind', isToken ? 'membership token' : 'revocation of what was issued so far'],
    ['run', JSON.stringify(run)],
    ['peer', peer],
    ...(isToken ? ([['role', statement.role]] as const) : []),
    ['issued', timeOf(issuedMs)],
    ...(isToken ? ([['expires', timeOf(statement.expiresMs)]] as const) : []),
    ['owner', owner],
    ['signature', isSigned ? 'good' : 'NOT BY THE OWNER']
  ]
}

async function ownerOf(
  console: Console,
  flags: KeyFlags & { readonly key: string }
): Promise<Awaited<ReturnType<typeof loadIdentity>>> {
  return await loadIdentity(flags.key, { passphrase: await passphraseOf(console, flags) })
}

async function passphraseOf(
  { env }: Console,
  { passphraseFile }: KeyFlags
): Promise<Passphrase | undefined> {
  if (passphraseFile === undefined) return env['DAA_PASSPHRASE']
  try {
    const [line = ''] = (await readFile(passphraseFile, 'utf8')).split(/\r?\n/)
    return line
  } catch (cause) {
    throw new NodeError(
      'BAD_CONFIG',
      `the passphrase file ${passphraseFile} cannot be read: check its path and permissions`,
      { field: 'passphrase-file', value: passphraseFile },
      { cause }
    )
  }
}

function timeOf(ms: number): string {
  const date = new Date(ms)
  // a statement may name a time that no calendar has
  return Number.isNaN(date.getTime()) ? `${ms} ms after 1970` : date.toISOString()
}
