import { measured, suite } from '@daa-compute/bench'

import { stepsBy, workloads } from './ml-kem-workloads.ts'

const byAll = { ...workloads, ...stepsBy('native') }

for (const what of ['a key pair', 'encapsulate', 'decapsulate']) {
  suite(`ml-kem: ML-KEM-768 against noble's: ${what}`, (s) => {
    for (const [name, workload] of Object.entries(byAll)) {
      if (name.endsWith(what)) s.measure(name, measured(workload))
    }
    s.reference(`portable, ${what}`)
  })
}

suite('ml-kem-browser: ML-KEM-768, headless Chromium against Node.js', (s) => {
  s.sideBySide({ workloads, module: new URL('ml-kem-workloads.ts', import.meta.url) })
})
