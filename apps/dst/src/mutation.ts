import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One change of a source. */
export interface Edit {
  /** From the package's `src/`. */
  readonly file: string
  /** Occurs in the file once. */
  readonly find: string
  readonly replace: string
}

/** A mistake that somebody might make in the protocol, and that has to be noticed. */
export interface Mutant {
  readonly name: string
  /** Which promise it breaks, and how. */
  readonly why: string
  readonly edits: readonly Edit[]
}

/** A copy of the protocol's package with a mistake in it. */
export interface MutatedCopy extends Disposable {
  readonly folder: string
}

/** The source that a mutant is made of is not what it was. */
export class StaleMutantError extends Error {
  override readonly name: string = 'StaleMutantError'
}

/** The packages whose sources are mutated. */
const PACKAGE_FOLDER = folderOf(import.meta.resolve('@daa-compute/allreduce'))
export const STATE_FOLDER: string = folderOf(import.meta.resolve('@daa-compute/state'))

function folderOf(index: string): string {
  return dirname(dirname(fileURLToPath(index)))
}

/**
 * Copies the protocol's sources and makes a mistake in the copy.
 *
 * @param origin the package to copy; the project's own if left out
 * @throws {StaleMutantError} when what a mutant looks for is not there once
 */
export function mutate(mutant: Mutant, origin: string = PACKAGE_FOLDER): MutatedCopy {
  const folder = mkdtempSync(join(tmpdir(), 'daa-dst-'))
  const copy = { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
  try {
    for (const name of ['src', 'package.json']) {
      cpSync(join(origin, name), join(folder, name), { recursive: true })
    }
    symlinkSync(join(origin, 'node_modules'), join(folder, 'node_modules'), 'junction')
    for (const edit of mutant.edits) apply(edit, folder, mutant.name)
    return copy
  } catch (error) {
    copy[Symbol.dispose]()
    throw error
  }
}

function apply({ file, find, replace }: Edit, folder: string, name: string): void {
  const path = join(folder, 'src', file)
  const parts = readFileSync(path, 'utf8').split(find)
  if (parts.length !== 2) {
    throw new StaleMutantError(
      `mutant ${name}: ${file} has ${parts.length - 1} of\n${find}\nwhere there should be one: bring the mutant up to date`
    )
  }
  writeFileSync(path, parts.join(replace))
}
