/**
 * Compiles the cipher and writes them into src/wasm/binary.ts.
 *
 *   node scripts/build.ts            writes the file
 *   node scripts/build.ts --check    fails when it is not what the sources give
 */
import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'

import { compile, render } from './compile.ts'

const target = new URL('../src/wasm/binary.ts', import.meta.url)
const wanted = render(await compile())
const found = await readFile(target, 'utf8').catch(() => '')
if (found !== wanted) {
  if (process.argv.includes('--check')) {
    console.error('src/wasm/binary.ts is not what assembly/ gives: run `pnpm run assembly`')
    process.exitCode = 1
  } else {
    await writeFile(target, wanted)
  }
}
