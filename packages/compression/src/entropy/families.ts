import { auto } from './auto.ts'
import type { EntropyFamily } from './entropy-stage.ts'
import { lz4 } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

/** All that may stand behind the `+` of a codec's name. */
export const ENTROPY_FAMILIES: readonly EntropyFamily[] = [zstd, lz4, snappy, auto]
