import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'

import { main } from 'assemblyscript/asc'

const BINARY_NAME = 'module.wasm'

const OPTIONS: readonly string[] = [
  '--optimizeLevel',
  '3',
  '--shrinkLevel',
  '0',
  // nothing is allocated and nothing can be asserted, so nothing needs a runtime
  '--runtime',
  'stub',
  '--noAssert',
  '--use',
  'abort=',
  '--enable',
  'simd',
  // the first page is for constants or keys; what follows is for the package to share out
  '--importMemory',
  '--noExportMemory',
  '--initialMemory',
  '1'
]

/**
 * Compiles a module of a package. The same sources and the same version of the compiler
 * give the same bytes, wherever they are.
 *
 * @param folder of the package, with a slash at its end
 * @param entry path of the module within assembly/
 */
export async function compile(folder: URL, entry: string = 'index.ts'): Promise<Uint8Array> {
  let binary: Uint8Array | undefined
  const complaints: string[] = []
  const { error } = await main([entry, '--outFile', BINARY_NAME, ...OPTIONS], {
    readFile: (name) => readSource(new URL(`assembly/${name}`, folder)),
    writeFile: (name, content) => {
      if (name === BINARY_NAME && typeof content !== 'string') binary = content
    },
    listFiles: () => [],
    stderr: { write: (text: string | Uint8Array) => void complaints.push(text.toString()) }
  })
  if (error !== null || binary === undefined) {
    throw new Error(
      `${folder.pathname}assembly/${entry} does not compile\n${complaints.join('')}`,
      {
        cause: error
      }
    )
  }
  return binary
}

async function readSource(url: URL): Promise<string | null> {
  try {
    return await readFile(url, 'utf8')
  } catch {
    // the compiler asks for a file by several names
    return null
  }
}

/** The module that carries a binary. */
export function render(binary: Uint8Array): string {
  return `/** assembly/, compiled by scripts/build.ts: WebAssembly in base64. Not to be edited. */
export const BINARY: string =
  '${Buffer.from(binary).toString('base64')}'
`
}
