import { readFile, writeFile } from 'node:fs/promises'

import { compile, render } from './compile.ts'

/** Options of {@link keepBinary}. */
export interface KeepOptions {
  /** Nothing is written: it throws where that is not what is there. */
  readonly check: boolean
  /** Path of the module within assembly/. Default: `index.ts` */
  readonly entry?: string
}

/**
 * Writes what a module of a package's assembly/ compiles to, or only compares it.
 *
 * @param folder of the package, with a slash at its end
 * @param target path in it of the module that carries the binary
 */
export async function keepBinary(
  folder: URL,
  target: string,
  { check, entry }: KeepOptions
): Promise<void> {
  const wanted = render(await compile(folder, entry))
  const file = new URL(target, folder)
  const found = await readFile(file, 'utf8').catch(() => '')
  if (found === wanted) return
  if (check) {
    throw new Error(`${target} is not what assembly/ gives: run \`npm run assembly\``)
  }
  await writeFile(file, wanted)
}
