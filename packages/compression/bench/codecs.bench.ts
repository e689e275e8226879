import { measured, suite } from '@daa-compute/bench'

import { VALUE_STAGES, workloads, workloadsOf } from './workloads.ts'

const NAMES = [
  ...VALUE_STAGES,
  ...['float32+zstd:1', 'int8+zstd:1', 'int8+lz4', 'int8+snappy', 'int8+auto']
]

for (const name of NAMES) {
  suite(`codec ${name} on 16 MiB of a bell curve`, (s) => {
    for (const [what, workload] of Object.entries(workloadsOf(name))) {
      s.measure(what, measured(workload))
    }
    s.reference('memcpy')
  })
}

suite('codecs-browser on 16 MiB of a bell curve: headless Chromium against Node.js', (s) => {
  s.sideBySide({
    workloads,
    module: new URL('workloads.ts', import.meta.url),
    external: [/^node:/, /^@bokuweb\/zstd-wasm/, /^#lz4$/, /^snappy-wasm/]
  })
})
