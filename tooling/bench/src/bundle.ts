import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** The variable that a bundle leaves its sampler in. */
export const SAMPLER = 'daaBenchSampler'

const ENTRY = 'virtual-workloads'

/**
 * Makes one classic script of a module that exports `workloads`, and of all that it
 * imports, so that exactly the same text runs in Node.js and in a browser.
 *
 * @param external what it imports but never comes to run there
 */
export async function bundleWorkloads(module: URL, external: readonly RegExp[]): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [{ name: 'workloads', resolveId, load: (id) => (id === ENTRY ? load(module) : null) }],
    resolve: { conditions: ['source'] },
    build: {
      write: false,
      minify: false,
      target: 'esnext',
      lib: { entry: ENTRY, formats: ['iife'], name: SAMPLER },
      rolldownOptions: {
        external: [...external],
        output: { codeSplitting: false, exports: 'default' }
      }
    }
  })
  const [bundle] = [result].flat()
  const chunk = bundle !== undefined && 'output' in bundle ? bundle.output[0] : undefined
  if (chunk?.type !== 'chunk') throw new Error(`${module.href} could not be bundled`)
  return chunk.code
}

// Vite takes an entry for a path
const resolveId = (id: string): string | null => (id.endsWith(ENTRY) ? ENTRY : null)

function load(module: URL): string {
  const sampler = fileURLToPath(new URL('./sampler.ts', import.meta.url))
  return (
    `import { createSampler } from ${JSON.stringify(sampler)}\n` +
    `import { workloads } from ${JSON.stringify(fileURLToPath(module))}\n` +
    'export default createSampler(workloads)\n'
  )
}
