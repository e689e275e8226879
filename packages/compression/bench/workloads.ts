import type { Workload, Workloads } from '@daa-compute/bench'
import type { Codec } from '@daa-compute/interface'

import { createCodec } from '../src/index.ts'
import { bellCurve } from '../test/values.ts'

/** 16 MiB of float32. */
const LENGTH = 1 << 22
const bytes = 4 * LENGTH

interface Arrays {
  readonly values: Float32Array
  readonly decoded: Float32Array
  /** Room for any codec's encoding. */
  readonly out: Uint8Array
}

let prepared: Arrays | undefined

/** The same arrays for all cases, so that none has the caches for itself. */
function prepareArrays(): Arrays {
  prepared ??= {
    values: bellCurve(LENGTH, 1),
    decoded: new Float32Array(LENGTH),
    out: new Uint8Array(2 * bytes)
  }
  return prepared
}

/** What a codec does, and a copy to compare it with. */
export function workloadsOf(name: string): Workloads {
  let made: Promise<{ codec: Codec; encoded: Uint8Array }> | undefined
  const make = async (): Promise<{ codec: Codec; encoded: Uint8Array }> => {
    const { values, out } = prepareArrays()
    const codec = await createCodec(name)
    return { codec, encoded: codec.encode(values, out).slice() }
  }
  const on = (work: (codec: Codec, encoded: Uint8Array, arrays: Arrays) => unknown): Workload => ({
    bytes,
    async prepare() {
      const { codec, encoded } = await (made ??= make())
      const arrays = prepareArrays()
      return () => work(codec, encoded, arrays)
    }
  })
  return {
    memcpy: on((_codec, _encoded, { values, decoded }) => decoded.set(values)),
    encode: on((codec, _encoded, { values, out }) => codec.encode(values, out)),
    decode: on((codec, encoded, { decoded }) => codec.decode(encoded, decoded)),
    'decode and add': on((codec, encoded, { decoded }) => codec.decodeAdd!(encoded, decoded))
  }
}

/** Codecs without an entropy stage. */
export const VALUE_STAGES: readonly string[] = [
  ...['float32', 'float16', 'bfloat16', 'int8', 'int8:stochastic', 'int4', 'sign'],
  ...['topk:0.01', 'randomk:0.01', 'threshold:0.02', 'sparse']
]

/**
 * What is measured in browsers, too, by codec and what is done with it. No entropy stages:
 * the Zstandard of Node.js is native, and the other libraries would have to be served.
 */
export const workloads: Workloads = Object.fromEntries(
  VALUE_STAGES.flatMap((name) =>
    Object.entries(workloadsOf(name))
      .filter(([what]) => what !== 'memcpy')
      .map(([what, workload]) => [`${name} ${what}`, workload])
  )
)
