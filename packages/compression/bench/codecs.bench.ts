import { suite } from '@daa-compute/bench'
import { createCodec } from '../src/index.ts'
import { bellCurve } from '../test/values.ts'

const LENGTH = 1 << 22
const bytes = 4 * LENGTH

for (const name of ['float32', 'int8', 'float32+zstd:1', 'int8+zstd:1']) {
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
    s.reference('memcpy')
  })
}
