import { suite } from '@daa-compute/bench'
import { createCodec } from '../src/index.ts'
import { bellCurve } from '../test/values.ts'

const LENGTH = 1 << 22
const bytes = 4 * LENGTH

const NAMES = [
  ...['float32', 'float16', 'bfloat16', 'int8', 'int8:stochastic', 'int4', 'sign'],
  ...['topk:0.01', 'randomk:0.01', 'threshold:0.02', 'sparse'],
  ...['float32+zstd:1', 'int8+zstd:1', 'int8+lz4', 'int8+snappy', 'int8+auto']
]

for (const name of NAMES) {
  suite(`codec ${name} on 16 MiB of a bell curve`, (s) => {
    const prepare = async () => {
      const codec = await createCodec(name)
      const values = bellCurve(LENGTH, 1)
      const out = new Uint8Array(codec.maxEncodedLength(LENGTH))
      const encoded = codec.encode(values, out).slice()
      return { codec, values, out, encoded, decoded: new Float32Array(LENGTH) }
    }
    s.measure('memcpy', { bytes, prepare, run: ({ values, decoded }) => decoded.set(values) })
    s.measure('encode', {
      bytes,
      prepare,
      run: ({ codec, values, out }) => codec.encode(values, out)
    })
    s.measure('decode', {
      bytes,
      prepare,
      run: ({ codec, encoded, decoded }) => codec.decode(encoded, decoded)
    })
    s.measure('decode and add', {
      bytes,
      prepare,
      run: ({ codec, encoded, decoded }) => codec.decodeAdd!(encoded, decoded)
    })
    s.reference('memcpy')
  })
}
