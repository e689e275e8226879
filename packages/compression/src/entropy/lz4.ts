import { ENTROPY_IDS } from '../constants.ts'
import { malformed } from '../errors.ts'
import type { EntropyFamily, EntropyStage } from './entropy-stage.ts'
import { loadOnce } from './load-once.ts'
import { checkBlock, maxBlockLength } from './lz4-block.ts'
import { parseNothing } from './parameters.ts'

/** Bytes of the length that the library puts in front of a block; the tile has it already. */
const PREFIX_LENGTH = 4

/** What is used of `lz4-wasm` and `lz4-wasm-nodejs`. */
interface Lz4Library {
  compress(bytes: Uint8Array): Uint8Array
  decompress(bytes: Uint8Array): Uint8Array
}

const loadLz4 = loadOnce<Lz4Library>('lz4', () => import('#lz4'))

/** LZ4: one block per tile, without a frame around it. Fast, and weak on dense gradients. */
export const lz4: EntropyFamily = {
  name: 'lz4',
  form: 'lz4',
  parse: parseNothing('lz4'),
  async load(_, options) {
    return lz4Stage(await loadLz4(options))
  }
}

function lz4Stage(library: Lz4Library): EntropyStage {
  /** A block behind its length, as the library wants it; grows to the length of a tile. */
  let prefixed = new Uint8Array(0)

  return {
    name: 'lz4',
    id: ENTROPY_IDS.lz4,
    maxLength: maxBlockLength,
    compress(input, out) {
      const block = library.compress(input).subarray(PREFIX_LENGTH)
      out.set(block)
      return block.length
    },
    decompress(input, out) {
      checkBlock(input, out.length)
      const length = PREFIX_LENGTH + input.length
      if (prefixed.length < length) prefixed = new Uint8Array(length)
      new DataView(prefixed.buffer).setUint32(0, out.length, true)
      prefixed.set(input, PREFIX_LENGTH)
      out.set(decompressChecked(library, prefixed.subarray(0, length), out.length))
    }
  }
}

function decompressChecked(library: Lz4Library, bytes: Uint8Array, length: number): Uint8Array {
  try {
    const content = library.decompress(bytes)
    if (content.length === length) return content
  } catch (cause) {
    throw malformed('an LZ4 block is corrupt', { cause })
  }
  throw malformed(`an LZ4 block does not hold ${length} bytes`)
}
