/**
 * Compiles the loops and writes what comes of it into src/simd/binary.ts.
 *
 *   node scripts/build.ts            writes the file
 *   node scripts/build.ts --check    fails when it is not what the sources give
 */
import process from 'node:process'

import { keepBinary } from '@daa-compute/assembly'

await keepBinary(new URL('../', import.meta.url), 'src/simd/binary.ts', {
  check: process.argv.includes('--check')
})
