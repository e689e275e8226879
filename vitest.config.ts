import { defineConfig, type ViteUserConfig } from 'vitest/config'

import { summaryReporter } from '@daa-compute/vitest/summary'

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
