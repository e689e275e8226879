/**
 * Compiles the cipher and ML-KEM, and writes what comes of them into src/wasm/.
 *
 *   node scripts/build.ts            writes the files
 *   node scripts/build.ts --check    fails when they are not what the sources give
 */
import process from 'node:process'

import { keepBinary } from '@daa-compute/assembly'

const folder = new URL('../', import.meta.url)
const check = process.argv.includes('--check')

await keepBinary(folder, 'src/wasm/binary.ts', { check })
await keepBinary(folder, 'src/wasm/ml-kem-binary.ts', { check, entry: 'ml-kem/index.ts' })
