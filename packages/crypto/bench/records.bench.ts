import { measured, suite } from '@daa-compute/bench'

import { recordsBy, workloads } from './workloads.ts'

const byAll = { ...workloads, ...recordsBy('native') }

for (const what of ['seals, 64 KiB', 'opens, 64 KiB', 'seals, 1 KiB', 'opens, 1 KiB']) {
  suite(`records of ChaCha20-Poly1305 against noble's: ${what}`, (s) => {
    for (const [name, workload] of Object.entries(byAll)) {
      if (name.endsWith(what)) s.measure(name, measured(workload))
    }
    s.reference(`portable ${what}`)
  })
}

suite('records-browser of ChaCha20-Poly1305: headless Chromium against Node.js', (s) => {
  s.sideBySide({ workloads, module: new URL('workloads.ts', import.meta.url) })
})
