import { nodeModule } from './node-modules.ts'
import type { ZstdLibrary } from './zstd-library.ts'

/** What is used of `node:zlib`; versions before 22.15 and 23.8 lack it. */
interface ZstdOfNode {
  zstdCompressSync(bytes: Uint8Array, options: CompressOptions): Uint8Array
  zstdDecompressSync(bytes: Uint8Array, options: DecompressOptions): Uint8Array
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
}

interface CompressOptions {
  readonly chunkSize: number
  readonly params: Readonly<Record<number, number>>
}

interface DecompressOptions {
  readonly chunkSize: number
  readonly maxOutputLength: number
}

/** Smallest buffer that `node:zlib` takes, in bytes. */
const MIN_CHUNK = 64

/** The zstd that Node.js carries, or `undefined` where there is none. */
export function nativeZstd(): ZstdLibrary | undefined {
  const zlib = nodeModule<ZstdOfNode>('zlib')
  const { zstdCompressSync: compress, zstdDecompressSync: decompress, constants } = zlib ?? {}
  if (compress === undefined || decompress === undefined || constants === undefined)
    return undefined
  return {
    kind: 'native',
    // one buffer of the right size, instead of many small ones that are joined
    compress: (bytes, level, limit) =>
      compress(bytes, {
        chunkSize: Math.max(limit, MIN_CHUNK),
        params: { [constants.ZSTD_c_compressionLevel]: level }
      }),
    decompress: (bytes, length) =>
      decompress(bytes, { chunkSize: Math.max(length, MIN_CHUNK), maxOutputLength: length })
  }
}
