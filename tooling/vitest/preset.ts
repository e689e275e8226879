import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Specs of one package, run in Node. */
export function preset(): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: ['source'] },
    ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
    test: { include: ['test/**/*.spec.ts'] }
  })
}
