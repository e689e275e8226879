/**
 * Throughput of the codecs on 16 MiB of float32 from a bell curve, in GB/s of
 * float32. Run with `node --conditions=source bench/codecs.ts`.
 */
import { createCodec } from '../src/index.ts'
import { bellCurve } from '../test/values.ts'

const LENGTH = 1 << 22
const ROUNDS = 12

const values = bellCurve(LENGTH, 1)

for (const name of ['float32', 'int8', 'float32+zstd:1', 'int8+zstd:1']) {
  const codec = await createCodec(name)
  const out = new Uint8Array(codec.maxEncodedLength(LENGTH))
  const decoded = new Float32Array(LENGTH)
  const bytes = codec.encode(values, out).slice()
  const encode = speed(() => codec.encode(values, out))
  const decode = speed(() => codec.decode(bytes, decoded))
  const ratio = (4 * LENGTH) / bytes.length
  console.log(
    `${name.padEnd(16)} encode ${encode.toFixed(2)}  decode ${decode.toFixed(2)}  ratio ${ratio.toFixed(2)}`
  )
}

/** The best of some rounds, in GB/s. */
function speed(action: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    action()
    best = Math.min(best, performance.now() - start)
  }
  return (4 * LENGTH) / best / 1e6
}
