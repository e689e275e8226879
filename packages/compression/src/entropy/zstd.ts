import { ENTROPY_IDS } from '../constants.ts'
import { malformed } from '../errors.ts'
import type { EntropyFamily, EntropyStage } from './entropy-stage.ts'
import { loadOnce } from './load-once.ts'
import { badParameter } from './parameters.ts'
import { checkFrame, maxFrameLength } from './zstd-frame.ts'
import type { ZstdLibrary } from './zstd-library.ts'
import { nativeZstd } from './zstd-native.ts'
import { wasmZstd } from './zstd-wasm.ts'

/**
 * Range of levels. 19 is the last one before the "ultra" levels, which only enlarge
 * the window and so gain nothing on tiles of 1 MiB.
 */
const MIN_LEVEL = 1
const MAX_LEVEL = 19

/** Higher levels are slower on gradients and hardly smaller (measured: 3 is no smaller than 1). */
const DEFAULT_LEVEL = 1

/** Loads the zstd of Node.js where there is one, WebAssembly elsewhere. */
const loadZstd = loadOnce('zstd', async () => nativeZstd() ?? wasmZstd())

/**
 * Zstandard, RFC 8878: one frame per tile, without a checksum.
 *
 * Any version reads what any other has written, and each writes the same frame for the
 * same bytes, but two versions may write different ones; and what they make of a frame
 * that is corrupt without showing it may differ, too.
 */
export const zstd: EntropyFamily = {
  name: 'zstd',
  form: `zstd[:LEVEL], LEVEL being ${MIN_LEVEL} to ${MAX_LEVEL}`,
  parse(parameter, codecName) {
    if (parameter === undefined) return String(DEFAULT_LEVEL)
    const level = /^[1-9][0-9]?$/.test(parameter) ? Number(parameter) : Number.NaN
    if (level >= MIN_LEVEL && level <= MAX_LEVEL) return parameter
    throw badParameter(
      `the level of zstd is an integer of ${MIN_LEVEL} to ${MAX_LEVEL}`,
      parameter,
      codecName
    )
  },
  async load(parameter, options) {
    return zstdStage(await loadZstd(options), Number(parameter))
  }
}

/** Compresses at `level`; decompresses what any level has written. */
export function zstdStage(library: ZstdLibrary, level: number): EntropyStage {
  return {
    name: `zstd:${level}`,
    id: ENTROPY_IDS.zstd,
    maxLength: maxFrameLength,
    compress(input, out) {
      const frame = library.compress(input, level, maxFrameLength(input.length))
      out.set(frame)
      return frame.length
    },
    decompress(input, out) {
      checkFrame(input, out.length)
      const content = decompressChecked(library, input, out.length)
      if (content.length !== out.length) {
        throw malformed(
          `a zstd frame holds ${content.length} bytes of content instead of ${out.length}`
        )
      }
      out.set(content)
    }
  }
}

function decompressChecked(library: ZstdLibrary, bytes: Uint8Array, length: number): Uint8Array {
  try {
    return library.decompress(bytes, length)
  } catch (cause) {
    throw malformed('a zstd frame is corrupt', { cause })
  }
}
