import type { ZstdLibrary } from './zstd-library.ts'

/** Loads zstd compiled to WebAssembly, which runs everywhere. */
export async function wasmZstd(): Promise<ZstdLibrary> {
  const { compress, decompress, init } = await import('@bokuweb/zstd-wasm')
  const library: ZstdLibrary = {
    kind: 'wasm',
    compress: (bytes, level) => compress(bytes, level),
    decompress: (bytes) => decompress(bytes)
  }
  // a second init would exchange the memory under a user of the same library
  if (!isInitialized(library)) await init()
  return library
}

function isInitialized({ compress }: ZstdLibrary): boolean {
  try {
    compress(new Uint8Array(1), 1, 0)
    return true
  } catch {
    return false
  }
}
