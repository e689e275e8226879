import type { AbortOptions } from '@daa-compute/interface'
import { compress, decompress, init } from '@bokuweb/zstd-wasm'

import { CodecError, malformed } from './errors.ts'
import { checkFrame } from './entropy/zstd-frame.ts'

let loading: Promise<void> | undefined

/**
 * Loads the WebAssembly module of zstd, once per process.
 *
 * @throws {CodecError} `ZSTD_UNAVAILABLE`
 */
export async function loadZstd(options?: AbortOptions): Promise<void> {
  options?.signal?.throwIfAborted()
  loading ??= initialize()
  await abortable(loading, options?.signal)
  // loaded already, it may have been faster than a signal that came first
  options?.signal?.throwIfAborted()
}

/**
 * Compresses into one frame that announces its content's size.
 *
 * The context of the library is made anew for each call, so that the frame
 * depends on nothing but these bytes and the level.
 */
export function compressFrame(bytes: Uint8Array, level: number): Uint8Array {
  return compress(bytes, level)
}

/**
 * Decompresses exactly one frame of exactly `expected` bytes of content.
 *
 * @throws {CodecError} `MALFORMED`
 */
export function decompressFrame(bytes: Uint8Array, expected: number): Uint8Array {
  checkFrame(bytes, expected)
  const content = decompressChecked(bytes)
  if (content.length !== expected) {
    throw malformed(`a zstd frame holds ${content.length} bytes of content instead of ${expected}`)
  }
  return content
}

function decompressChecked(bytes: Uint8Array): Uint8Array {
  try {
    return decompress(bytes)
  } catch (cause) {
    throw malformed('a zstd frame is corrupt', { cause })
  }
}

async function initialize(): Promise<void> {
  // a second init would exchange the memory under a user of the same library
  if (isInitialized()) return
  try {
    await init()
  } catch (cause) {
    loading = undefined
    throw new CodecError(
      'ZSTD_UNAVAILABLE',
      'cannot load the WebAssembly module of @bokuweb/zstd-wasm; use a codec without +zstd',
      {},
      { cause }
    )
  }
}

function isInitialized(): boolean {
  try {
    compress(new Uint8Array(1), 1)
    return true
  } catch {
    return false
  }
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
