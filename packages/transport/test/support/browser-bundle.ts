import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, defaultClientConditions, type Plugin, type Rolldown } from 'vite'

/** What a bundler makes of a program for browsers. */
export interface BrowserBundle {
  /** The code of each file, by its name. */
  readonly files: ReadonlyMap<string, string>
  /** Which of them is the program; the others are loaded by it. */
  readonly entry: string
  /** What does not belong there: where, and what it is. */
  readonly findings: readonly string[]
  /** Of all its files together, minified, in bytes. */
  readonly length: number
  /** The same as servers send it, in bytes. */
  readonly compressedLength: number
}

const ENTRY = 'browser-entry'
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Modules that stand for those of Node, or bring native code. */
const FOREIGN =
  /^\0?(?:node:|__vite-browser-external)|\.node$|\/node_modules\/(?:buffer|events|process|stream|util|ws|node-datachannel|[^/]*polyfill[^/]*|node-stdlib-browser)\//

/** Globals of Node that a browser lacks, used without a look whether they are there. */
const GLOBALS = /(?<![.\w$])(?:Buffer|process|__dirname|__filename)(?=[.[])/g

/** Bundles a program as an application's bundler would do. */
export async function bundleForBrowser(program: string): Promise<BrowserBundle> {
  const findings: string[] = []
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root,
    plugins: [entry(program, findings)],
    resolve: { conditions: ['source', ...defaultClientConditions] },
    build: {
      write: false,
      target: 'esnext',
      rolldownOptions: { input: ENTRY, preserveEntrySignatures: 'strict' }
    }
  })
  const outputs = [result].flat().flatMap((one) => ('output' in one ? one.output : []))
  const files = new Map<string, string>()
  let entryFile = ''
  let length = 0
  let compressedLength = 0
  for (const output of outputs) {
    if (output.type === 'asset') {
      findings.push(`${output.fileName}: no code`)
      continue
    }
    files.set(output.fileName, output.code)
    if (output.isEntry) entryFile = output.fileName
    findings.push(...inspect(output))
    length += output.code.length
    compressedLength += gzipSync(output.code).length
  }
  return { files, entry: entryFile, findings, length, compressedLength }
}

function inspect({ code, fileName, modules }: Rolldown.OutputChunk): string[] {
  const foreign = Object.keys(modules).filter((id) => FOREIGN.test(id))
  const globals = new Set([...code.matchAll(GLOBALS)].map(([name]) => name))
  return [...foreign, ...globals].map((what) => `${fileName}: ${what}`)
}

/** Serves the program as the entry, and notes what of Node it or a dependency imports. */
function entry(program: string, findings: string[]): Plugin {
  return {
    name: 'browser-entry',
    enforce: 'pre',
    resolveId(id, importer) {
      if (id.endsWith(ENTRY)) return `${root}${ENTRY}.ts`
      if (id.startsWith('node:')) findings.push(`${importer ?? 'the program'}: ${id}`)
      return null
    },
    load: (id) => (id === `${root}${ENTRY}.ts` ? program : null)
  }
}
