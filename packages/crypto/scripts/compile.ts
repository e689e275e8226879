import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'

import { main } from 'assemblyscript/asc'

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
  // the first page is for keys; what follows is for the text: see src/wasm/engine.ts
  '--importMemory',
  '--noExportMemory',
  '--initialMemory',
  '1'
]

/**
 * Compiles assembly/index.ts. The same sources and the same version of the compiler
 * give the same bytes, wherever they are.
 */
export async function compile(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined
  const complaints: string[] = []
  const { error } = await main(['index.ts', '--outFile', 'cipher.wasm', ...OPTIONS], {
    readFile: (name) => readSource(name),
    writeFile: (name, content) => {
      if (name === 'cipher.wasm' && typeof content !== 'string') binary = content
    },
    listFiles: () => [],
    stderr: { write: (text: string | Uint8Array) => void complaints.push(text.toString()) }
  })
  if (error !== null || binary === undefined) {
    throw new Error(`the cipher does not compile\n${complaints.join('')}`, { cause: error })
  }
  return binary
}

async function readSource(name: string): Promise<string | null> {
  try {
    return await readFile(new URL(`../assembly/${name}`, import.meta.url), 'utf8')
  } catch {
    // the compiler asks for a file by several names
    return null
  }
}

/** The module that carries the binary. */
export function render(binary: Uint8Array): string {
  return `/** assembly/, compiled by scripts/build.ts: WebAssembly in base64. Not to be edited. */
export const BINARY: string =
  '${Buffer.from(binary).toString('base64')}'
`
}
