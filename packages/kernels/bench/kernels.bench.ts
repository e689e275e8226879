import { measured, suite } from '@daa-compute/bench'

import { naiveInt8 } from './naive.ts'
import { LENGTH, prepareArrays, workloads, workloadsIn } from './workloads.ts'

const bytes = 4 * LENGTH

suite('kernels on 16 MiB: int8 encode against the naive loop', (s) => {
  s.measure('naive loop', {
    bytes,
    prepare: () => ({
      values: prepareArrays().ordinary.values,
      codes: new Int8Array(LENGTH),
      scales: new Float32Array(LENGTH / 256)
    }),
    run: ({ values, codes, scales }) => {
      naiveInt8(values, codes, scales)
    }
  })
  for (const place of ['ordinary', 'resident'] as const) {
    s.measure(`int8 encode, ${place}`, measured(workloadsIn(place)['int8 encode']!))
  }
  s.reference('naive loop')
})

for (const place of ['ordinary', 'resident'] as const) {
  suite(`kernels on 16 MiB, ${place} arrays, against memcpy`, (s) => {
    s.measure('memcpy', {
      bytes,
      prepare: () => prepareArrays().ordinary,
      run: ({ values, target }) => {
        target.set(values)
      }
    })
    for (const [name, workload] of Object.entries(workloadsIn(place))) {
      s.measure(name, measured(workload))
    }
    s.reference('memcpy')
  })
}

suite('kernels-browser on 16 MiB: headless Chromium against Node.js', (s) => {
  s.sideBySide({ workloads, module: new URL('workloads.ts', import.meta.url) })
})
