import { randomBytes } from 'node:crypto'
import { constants, link, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IdentityError } from '../errors.ts'

/** More than any identity takes up, in bytes: what is longer is something else, and is not read. */
const MAX_FILE_LENGTH = 1024

/** Permission bits that let others than the owner read or write. */
const OTHERS = 0o077

/**
 * Reads a file that is its owner's alone; `undefined` if there is none.
 *
 * @throws {IdentityError} `INSECURE_FILE`, `UNREADABLE`, and `MALFORMED` for one that is too long
 */
export async function readPrivateFile(path: string): Promise<Uint8Array | undefined> {
  try {
    // a pipe would wait for its writer
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stats = await file.stat()
      if (!stats.isFile()) throw notAFile(path, stats.isDirectory())
      const { mode, size } = stats
      // Windows has no such bits
      if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw insecure(path, mode & 0o777)
      const bytes = new Uint8Array(Math.min(size, MAX_FILE_LENGTH + 1))
      const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, 0)
      if (bytesRead > MAX_FILE_LENGTH) throw malformed(path)
      return bytes.subarray(0, bytesRead)
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
}

/**
 * Makes a file for its owner alone, with its directory. It appears whole or not at all.
 *
 * @returns whether it did; `false` if there is such a file already, which stays as it is
 * @throws {IdentityError} `UNWRITABLE`
 */
export function createPrivateFile(path: string, bytes: Uint8Array): Promise<boolean> {
  return writing(path, async (draft) => {
    await makeDirectory(dirname(path))
    await write(draft, bytes)
    try {
      // unlike a rename, a link never replaces what another process has put there
      await link(draft, path)
      return true
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false
      throw error
    } finally {
      await unlink(draft)
    }
  })
}

/**
 * Puts a file for its owner alone in the place of another. At every moment one of
 * them is there, whole.
 *
 * @throws {IdentityError} `UNWRITABLE`
 */
export function replacePrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  return writing(path, async (draft) => {
    await write(draft, bytes)
    try {
      await rename(draft, path)
    } catch (error) {
      await unlink(draft)
      throw error
    }
  })
}

/** The file is there, but holds something else than an identity. */
export function malformed(path: string): IdentityError<'MALFORMED'> {
  return new IdentityError(
    'MALFORMED',
    `${path} does not hold an Ed25519 private key of libp2p, in the clear or under a passphrase; restore it from a backup, or remove it to become a new peer`,
    { path }
  )
}

async function writing<Result>(
  path: string,
  work: (draft: string) => Promise<Result>
): Promise<Result> {
  try {
    return await work(`${path}.${randomBytes(8).toString('hex')}`)
  } catch (cause) {
    throw new IdentityError(
      'UNWRITABLE',
      `the identity file ${path} cannot be written; make its directory writable, or choose another place`,
      { path },
      { cause }
    )
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
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
