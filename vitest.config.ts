import { availableParallelism } from 'node:os'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

import { summaryReporter } from '@daa-compute/vitest/summary'

// each project with a browser listens for the end of this process
process.setMaxListeners(64)

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      'packages/*/vitest.config.ts',
      'apps/*/vitest.config.ts',
      'tooling/*/vitest.config.ts'
    ],
    // Vitest leaves one core to itself, which on two would be half of the machine
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', summaryReporter()]
  }
})

export default config
