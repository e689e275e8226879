import { readFile, writeFile } from 'node:fs/promises'

import { compile, render } from './compile.ts'

/**
 * Writes what a package's assembly/ compiles to, or only compares it.
 *
 * @param folder of the package, with a slash at its end
 * @param target path in it of the module that carries the binary
 * @param options with `check` nothing is written: it throws where that is not what is there
 */
export async function keepBinary(
  folder: URL,
  target: string,
  { check }: { readonly check: boolean }
): Promise<void> {
  const wanted = render(await compile(folder))
  const file = new URL(target, folder)
  const found = await readFile(file, 'utf8').catch(() => '')
  if (found === wanted) return
  if (check) {
    throw new Error(`${target} is not what assembly/ gives: run \`npm run assembly\``)
  }
  await writeFile(file, wanted)
}
