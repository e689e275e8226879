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
    reporters: ['default', summaryReporter()]
  }
})

export default config
