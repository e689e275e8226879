import { suite } from '@daa-compute/bench'

import { type Arena, createKernels, type Kernels } from '../src/index.ts'
import { bellCurve, naiveInt8, worstForTop } from './naive.ts'

const LENGTH = 1 << 22
const bytes = 4 * LENGTH
const formats = ['int8', 'int4', 'float16', 'bfloat16'] as const
type Name = (typeof formats)[number]

interface Arrays {
  readonly kernels: Kernels
  readonly values: Float32Array
  readonly target: Float32Array
  /** Where encoders write. */
  readonly out: Uint8Array
  /** What decoders read. */
  readonly encoded: Readonly<Record<Name, Uint8Array>>
  readonly indices: Uint32Array
}

let prepared: { ordinary: Arrays; resident: Arrays } | undefined

/** The same arrays for all cases, so that none has the caches for itself. */
function prepare(): { ordinary: Arrays; resident: Arrays } {
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

suite('kernels on 16 MiB: int8 encode against the naive loop', (s) => {
  s.measure('naive loop', {
    bytes,
    prepare: () => ({
      values: prepare().ordinary.values,
      codes: new Int8Array(LENGTH),
      scales: new Float32Array(LENGTH / 256)
    }),
    run: ({ values, codes, scales }) => {
      naiveInt8(values, codes, scales)
    }
  })
  for (const place of ['ordinary', 'resident'] as const) {
    s.measure(`int8 encode, ${place}`, {
      bytes,
      prepare: () => prepare()[place],
      run: ({ kernels, values, out }) => kernels.int8.encode(values, out)
    })
  }
  s.reference('naive loop')
})

for (const place of ['ordinary', 'resident'] as const) {
  suite(`kernels on 16 MiB, ${place} arrays, against memcpy`, (s) => {
    const ready = (): Arrays => prepare()[place]
    s.measure('memcpy', {
      bytes,
      prepare: () => prepare().ordinary,
      run: ({ values, target }) => {
        target.set(values)
      }
    })
    s.measure('add', {
      bytes,
      prepare: ready,
      run: ({ kernels, values, target }) => {
        kernels.add(target, values)
      }
    })
    for (const name of formats) {
      s.measure(`${name} encode`, {
        bytes,
        prepare: ready,
        run: ({ kernels, values, out }) => kernels[name].encode(values, out)
      })
      s.measure(`${name} decode`, {
        bytes,
        prepare: ready,
        run: ({ kernels, target, encoded }) => {
          kernels[name].decode(encoded[name], target)
        }
      })
      s.measure(`${name} decode and accumulate`, {
        bytes,
        prepare: ready,
        run: ({ kernels, target, encoded }) => {
          kernels[name].accumulate(encoded[name], target)
        }
      })
    }
    s.measure('int8 encode, rounded by chance', {
      bytes,
      prepare: ready,
      run: ({ kernels, values, out }) => kernels.int8.encode(values, out, 1n)
    })
    s.measure('non-finite scan', {
      bytes,
      prepare: ready,
      run: ({ kernels, values }) => kernels.findNonFinite(values)
    })
    s.measure('top 1%', {
      bytes,
      prepare: ready,
      run: ({ kernels, values, indices }) => kernels.selectTop(values, indices)
    })
    s.measure('top 1%, worst input', {
      bytes,
      prepare: () => ({ ...ready(), values: worstForTop(LENGTH) }),
      run: ({ kernels, values, indices }) => kernels.selectTop(values, indices)
    })
    s.reference('memcpy')
  })
}
