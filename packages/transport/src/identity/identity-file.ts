import { IdentityError } from '../errors.ts'
import { createIdentity, decodeIdentity, encodeIdentity } from './identity.ts'
import type { Identity } from './identity.ts'
import {
  createPrivateFile,
  malformed,
  readPrivateFile,
  replacePrivateFile
} from './private-file.ts'
import { isSealed, openSealed, sealIdentity } from './sealed-identity.ts'

/** A passphrase, or what asks for it, called only when one is needed. */
export type Passphrase = string | (() => string | Promise<string>)

/** Options of {@link loadOrCreateIdentity}. */
export interface IdentityFileOptions {
  /**
   * What the file is encrypted with, by scrypt and ChaCha20-Poly1305. Texts that
   * Unicode holds compatible (NFKC) are the same. A file that is not encrypted is
   * refused. Default: the key lies in the file as it is
   */
  readonly passphrase?: Passphrase | undefined
}

/** The passphrases before and after; `undefined` is none. */
export interface PassphraseChange {
  readonly from?: Passphrase | undefined
  readonly to?: Passphrase | undefined
}

/**
 * Loads the identity stored in a file, or makes one and stores it there.
 *
 * The file is created for its owner alone (mode 0600), with its directory, and
 * appears whole or not at all: of two processes that create it at the same time
 * both get the same identity.
 *
 * @throws {IdentityError} `INSECURE_FILE`, `UNREADABLE`, `MALFORMED`, `UNWRITABLE`;
 * `PASSPHRASE_NEEDED`, `WRONG_PASSPHRASE`, `NOT_ENCRYPTED`
 */
export async function loadOrCreateIdentity(
  path: string,
  { passphrase }: IdentityFileOptions = {}
): Promise<Identity> {
  // who creates it later than it was looked for has lost a race, and loads it
  return (
    (await load(path, passphrase)) ??
    (await create(path, passphrase)) ??
    (await loadIdentity(path, { passphrase }))
  )
}

/**
 * Loads the identity stored in a file.
 *
 * @throws {IdentityError} as {@link loadOrCreateIdentity} does; `UNREADABLE` also if
 * there is no such file
 */
export async function loadIdentity(
  path: string,
  { passphrase }: IdentityFileOptions = {}
): Promise<Identity> {
  const identity = await load(path, passphrase)
  if (identity !== undefined) return identity
  throw new IdentityError('UNREADABLE', `there is no identity file ${path}`, { path })
}

/**
 * Encrypts an identity file, under another passphrase, or not any more (`to` left
 * out). At every moment the file is there, whole, in the old form or the new one.
 *
 * @throws {IdentityError} as {@link loadOrCreateIdentity} does; `UNREADABLE` also if
 * there is no such file
 */
export async function changePassphrase(path: string, change: PassphraseChange): Promise<Identity> {
  const identity = await loadIdentity(path, { passphrase: change.from })
  await replacePrivateFile(path, await encode(path, identity, change.to))
  return identity
}

async function load(path: string, passphrase?: Passphrase): Promise<Identity | undefined> {
  const bytes = await readPrivateFile(path)
  if (bytes === undefined) return undefined
  if (isSealed(bytes)) return await unseal(path, bytes, passphrase)
  const identity = decodeIdentity(bytes)
  if (identity === undefined) throw malformed(path)
  if (passphrase !== undefined) {
    throw new IdentityError(
      'NOT_ENCRYPTED',
      `${path} is not encrypted, though a passphrase was given: encrypt it by changePassphrase(path, { to }), or leave the passphrase out`,
      { path }
    )
  }
  return identity
}

async function create(path: string, passphrase?: Passphrase): Promise<Identity | undefined> {
  const identity = await createIdentity()
  const created = await createPrivateFile(path, await encode(path, identity, passphrase))
  return created ? identity : undefined
}

async function encode(
  path: string,
  identity: Identity,
  passphrase: Passphrase | undefined
): Promise<Uint8Array> {
  if (passphrase === undefined) return encodeIdentity(identity)
  return await sealIdentity(identity, await ask(path, passphrase))
}

async function unseal(path: string, bytes: Uint8Array, passphrase?: Passphrase): Promise<Identity> {
  const opened = await openSealed(bytes, await ask(path, passphrase))
  if (opened === 'MALFORMED') throw malformed(path)
  if (opened !== 'WRONG_PASSPHRASE') return opened
  throw new IdentityError(
    'WRONG_PASSPHRASE',
    `${path} does not open with this passphrase; try again, or restore the file from a backup if it was changed`,
    { path }
  )
}

async function ask(path: string, passphrase: Passphrase | undefined): Promise<string> {
  const text = typeof passphrase === 'function' ? await passphrase() : passphrase
  if (text !== undefined && text !== '') return text
  throw new IdentityError(
    'PASSPHRASE_NEEDED',
    `${path} is, or is to be, encrypted: give the passphrase, which is not empty`,
    { path }
  )
}
