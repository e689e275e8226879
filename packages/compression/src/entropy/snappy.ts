import { ENTROPY_IDS } from '../constants.ts'
import { malformed } from '../errors.ts'
import type { EntropyFamily, EntropyStage } from './entropy-stage.ts'
import { loadOnce } from './load-once.ts'
import { nodeModule } from './node-modules.ts'
import { parseNothing } from './parameters.ts'
import { checkSnappyLength, maxSnappyLength } from './snappy-format.ts'

/** What is used of `snappy-wasm`. */
interface SnappyLibrary {
  compress_raw(bytes: Uint8Array): Uint8Array
  decompress_raw(bytes: Uint8Array): Uint8Array
}

/** What is used of `node:module`. */
interface ModulesOfNode {
  createRequire(from: string): (name: string) => unknown
}

const loadSnappy = loadOnce('snappy', async (): Promise<SnappyLibrary> => {
  // the build for browsers fetches its module, which Node.js does not do from a disk;
  // the other one can only be required
  const createRequire = nodeModule<ModulesOfNode>('module')?.createRequire
  if (createRequire !== undefined) {
    return createRequire(import.meta.url)('snappy-wasm') as SnappyLibrary
  }
  const library = (await import('snappy-wasm')) as unknown as SnappyLibrary & {
    default(): Promise<unknown>
  }
  await library.default()
  return library
})

/** Snappy: one raw stream per tile, without a frame around it. About as fast and as strong as LZ4. */
export const snappy: EntropyFamily = {
  name: 'snappy',
  form: 'snappy',
  parse: parseNothing('snappy'),
  async load(_, options) {
    return snappyStage(await loadSnappy(options))
  }
}

function snappyStage(library: SnappyLibrary): EntropyStage {
  return {
    name: 'snappy',
    id: ENTROPY_IDS.snappy,
    maxLength: maxSnappyLength,
    compress(input, out) {
      const stream = library.compress_raw(input)
      out.set(stream)
      return stream.length
    },
    decompress(input, out) {
      checkSnappyLength(input, out.length)
      out.set(decompressChecked(library, input, out.length))
    }
  }
}

function decompressChecked(library: SnappyLibrary, bytes: Uint8Array, length: number): Uint8Array {
  try {
    const content = library.decompress_raw(bytes)
    if (content.length === length) return content
  } catch (cause) {
    throw malformed('a Snappy stream is corrupt', { cause })
  }
  throw malformed(`a Snappy stream does not hold ${length} bytes`)
}
