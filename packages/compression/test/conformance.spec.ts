import { codecConformance } from '@daa-compute/testing'

import { createCodec } from '../src/index.ts'

const VALUES = [
  ...['float32', 'float16', 'bfloat16', 'int8', 'int8:stochastic', 'int4', 'int4:stochastic'],
  ...['sign', 'sparse', 'topk:0.01', 'topk:0.3', 'topk:1', 'randomk:0.01', 'randomk:0.4'],
  ...['threshold:1e-3', 'threshold:1e-30']
]

const ENTROPIES = ['', '+zstd', '+lz4', '+snappy', '+auto']

for (const value of VALUES) {
  for (const entropy of ENTROPIES) {
    codecConformance(`${value}${entropy}`, () => createCodec(`${value}${entropy}`))
  }
}
codecConformance('float32+zstd:3', () => createCodec('float32+zstd:3'))
codecConformance('int8+zstd:19', () => createCodec('int8+zstd:19'))
