import { codecConformance } from '@daa-compute/testing'

import { createCodec } from '../src/index.ts'

const NAMES = ['float32', 'int8', 'float32+zstd:3', 'int8+zstd', 'int8+zstd:1', 'int8+zstd:19']

for (const name of NAMES) codecConformance(name, () => createCodec(name))
