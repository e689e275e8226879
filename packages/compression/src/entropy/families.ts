import type { EntropyFamily } from './entropy-stage.ts'
import { zstd } from './zstd.ts'

/** All that may stand behind the `+` of a codec's name. */
export const ENTROPY_FAMILIES: readonly EntropyFamily[] = [zstd]
