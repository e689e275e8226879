import { randomBytes } from 'node:crypto'
import { constants, link, mkdir, open, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IdentityError } from '../errors.ts'
import { createIdentity, decodeIdentity, encodeIdentity } from './identity.ts'
import type { Identity } from './identity.ts'

/** More than any Ed25519 key takes up, in bytes: what is longer is something else, and is not read. */
const MAX_FILE_LENGTH = 1024

/** Permission bits that let others than the owner read or write. */
const OTHERS = 0o077

/**
 * Loads the identity stored in a file, or makes one and stores it there.
 *
 * The file is created for its owner alone (mode 0600), with its directory, and
 * appears whole or not at all: of two processes that create it at the same time
 * both get the same identity.
 *
 * @throws {IdentityError} `INSECURE_FILE`, `UNREADABLE`, `MALFORMED`, `UNWRITABLE`
 */
export async function loadOrCreateIdentity(path: string): Promise<Identity> {
  return (await load(path)) ?? (await create(path))
}

async function load(path: string): Promise<Identity | undefined> {
  let bytes: Uint8Array
  try {
    // a pipe would wait for its writer
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw notAFile(path, stats.isDirectory())
      const { mode, size } = stats
      // Windows has no such bits
      if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw insecure(path, mode & 0o777)
      bytes = new Uint8Array(Math.min(size, MAX_FILE_LENGTH + 1))
      const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, 0)
      bytes = bytes.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof IdentityError) throw cause
    // Windows does not even open it
    if (hasCode(cause, 'EISDIR')) throw notAFile(path, true)
    if (hasCode(cause, 'ENOENT')) return undefined
    throw new IdentityError(
      'UNREADABLE',
      `the identity file ${path} cannot be read; it has to be a regular file that belongs to this user`,
      { path },
      { cause }
    )
  }
  const identity = bytes.byteLength > MAX_FILE_LENGTH ? undefined : decodeIdentity(bytes)
  if (identity === undefined) {
    throw new IdentityError(
      'MALFORMED',
      `${path} does not hold an Ed25519 private key of libp2p; restore it from a backup, or remove it to become a new peer`,
      { path }
    )
  }
  return identity
}

async function create(path: string): Promise<Identity> {
  const identity = await createIdentity()
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await makeDirectory(dirname(path))
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(encodeIdentity(identity))
      await file.sync()
    } finally {
      await file.close()
    }
    try {
      // unlike a rename, a link never replaces what another process has put there
      await link(draft, path)
    } finally {
      await unlink(draft)
    }
    return identity
  } catch (cause) {
    if (hasCode(cause, 'EEXIST')) {
      const other = await load(path)
      if (other !== undefined) return other
    }
    throw new IdentityError(
      'UNWRITABLE',
      `the identity file ${path} cannot be created; make its directory writable, or choose another place`,
      { path },
      { cause }
    )
  }
}

/**
 * Makes a directory, and those above it, for its owner alone. Level by level:
 * a recursive `mkdir` of Node's never comes back where a file system says that
 * the directory above is not there although it is, as Linux does in `/proc`.
 */
async function makeDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return
  const above = dirname(path)
  if (above !== path) await makeDirectory(above)
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    // another process may have been faster
    if (!(await isDirectory(path))) throw error
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false
  )
}

function notAFile(path: string, directory: boolean): IdentityError {
  return directory
    ? new IdentityError(
        'UNREADABLE',
        `${path} is a directory; give the path of a file in it, such as ${join(path, 'identity')}, which is created if it is not there`,
        { path }
      )
    : new IdentityError(
        'UNREADABLE',
        `${path} is not a regular file; choose another place for the identity`,
        { path }
      )
}

function insecure(path: string, mode: number): IdentityError {
  return new IdentityError(
    'INSECURE_FILE',
    `others than its owner may read or write ${path} (mode ${mode.toString(8)}); run "chmod 600" on it, and if it was exposed, remove it to become a new peer`,
    { path, mode }
  )
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
