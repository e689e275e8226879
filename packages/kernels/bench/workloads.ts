import type { Workload, Workloads } from '@daa-compute/bench'

import { type Arena, createKernels, type Kernels } from '../src/index.ts'
import { bellCurve, worstForTop } from './naive.ts'

/** 16 MiB of float32. */
export const LENGTH: number = 1 << 22
const bytes = 4 * LENGTH
const formats = ['int8', 'int4', 'float16', 'bfloat16'] as const
type Name = (typeof formats)[number]

/** Where the arrays are: in memory of their own, or in that of the kernels. */
export type Place = 'ordinary' | 'resident'

/** What the kernels work on. */
export interface Arrays {
  readonly kernels: Kernels
  readonly values: Float32Array
  readonly target: Float32Array
  /** Where encoders write. */
  readonly out: Uint8Array
  /** What decoders read. */
  readonly encoded: Readonly<Record<Name, Uint8Array>>
  readonly indices: Uint32Array
}

let prepared: Readonly<Record<Place, Arrays>> | undefined

/** The same arrays for all cases, so that none has the caches for itself. */
export function prepareArrays(): Readonly<Record<Place, Arrays>> {
  prepared ??= { ordinary: arrays(undefined), resident: arrays(createKernels().createArena) }
  return prepared
}

function arrays(createArena: ((byteLength: number) => Arena) | undefined): Arrays {
  const kernels = createKernels()
  const arena = createArena?.(2 * bytes + 10 * LENGTH)
  const values = arena?.floats(LENGTH) ?? new Float32Array(LENGTH)
  values.set(bellCurve(LENGTH, 1))
  const encode = (name: Name): Uint8Array => {
    const length = kernels[name].encodedLength(LENGTH)
    const encoded = arena?.bytes(length) ?? new Uint8Array(length)
    kernels[name].encode(values, encoded)
    return encoded
  }
  return {
    kernels,
    values,
    target: arena?.floats(LENGTH) ?? new Float32Array(LENGTH),
    out: arena?.bytes(2 * LENGTH) ?? new Uint8Array(2 * LENGTH),
    encoded: {
      int8: encode('int8'),
      int4: encode('int4'),
      float16: encode('float16'),
      bfloat16: encode('bfloat16')
    },
    indices: new Uint32Array(LENGTH / 100)
  }
}

/** Every kernel, on arrays in one place. */
export function workloadsIn(place: Place): Workloads {
  const on = (work: (arrays: Arrays) => unknown): Workload => ({
    bytes,
    prepare() {
      const ready = prepareArrays()[place]
      return () => work(ready)
    }
  })
  const all: Record<string, Workload> = {
    add: on(({ kernels, values, target }) => kernels.add(target, values))
  }
  for (const name of formats) {
    all[`${name} encode`] = on(({ kernels, values, out }) => kernels[name].encode(values, out))
    all[`${name} decode`] = on(({ kernels, target, encoded }) =>
      kernels[name].decode(encoded[name], target)
    )
    all[`${name} decode and accumulate`] = on(({ kernels, target, encoded }) =>
      kernels[name].accumulate(encoded[name], target)
    )
  }
  return {
    ...all,
    'int8 encode, rounded by chance': on(({ kernels, values, out }) =>
      kernels.int8.encode(values, out, 1n)
    ),
    'non-finite scan': on(({ kernels, values }) => kernels.findNonFinite(values)),
    'top 1%': on(({ kernels, values, indices }) => kernels.selectTop(values, indices)),
    'top 1%, worst input': {
      bytes,
      prepare() {
        const { kernels, indices } = prepareArrays()[place]
        const values = worstForTop(LENGTH)
        return () => kernels.selectTop(values, indices)
      }
    }
  }
}

/** What is measured in browsers, too. */
export const workloads: Workloads = Object.fromEntries(
  (['ordinary', 'resident'] as const).flatMap((place) =>
    Object.entries(workloadsIn(place)).map(([name, workload]) => [`${name}, ${place}`, workload])
  )
)
