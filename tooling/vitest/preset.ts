import { availableParallelism } from 'node:os'

import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import {
  defineConfig,
  type TestProjectInlineConfiguration,
  type ViteUserConfig
} from 'vitest/config'

import { CHROMIUM_FLAGS, findChromium } from './chromium.ts'

/** Where specs can run. */
export type Environment = 'node' | 'browser'

export interface PresetOptions {
  /**
   * Where the specs of the package run, each of them in each of these;
   * `*.node.spec.ts` and `*.browser.spec.ts` only in that one. Default: Node.
   */
  readonly environments?: readonly Environment[]
  /**
   * A file that Vitest runs in Node before the specs in the browser, to start what
   * they talk to, and afterwards, to stop it. Default: none.
   */
  readonly browserSetup?: string
}

/**
 * ms after which a spec, or what prepares it, counts as hanging: no spec is about
 * how fast something is, and the machine may have much else to do.
 */
const HANGS_AFTER_MS = 60_000

/** The same for what a spec polls for: a second, as Vitest has it, is little on a busy machine. */
const POLL = { timeout: 20_000 }

/** Vitest would leave one core to itself, which on two is half of the machine. */
const MAX_WORKERS = Math.max(2, availableParallelism() - 1)

/**
 * Threads that specs start run sources, whose types Node strips by WebAssembly. What
 * several threads compile of it at once crashes V8 now and then, so that is left undone
 * (https://github.com/nodejs/node/issues/64500).
 */
const NODE_FLAGS = ['--wasm-wrapper-tiering-budget=2000000000']

/** How the specs of one package run. */
export function preset({
  environments = ['node'],
  browserSetup
}: PresetOptions = {}): ViteUserConfig {
  const projects: TestProjectInlineConfiguration[] = []
  for (const environment of environments) {
    if (environment === 'node') {
      projects.push(nodeProject)
      continue
    }
    const chromium = findChromium()
    if (chromium !== undefined) projects.push(browserProject(chromium, browserSetup))
  }
  return defineConfig({ test: { projects } })
}

// workspace packages are taken by their `source` condition: specs need no build

const nodeProject: TestProjectInlineConfiguration = {
  resolve: { conditions: ['source', ...defaultServerConditions] },
  ssr: {
    resolve: {
      conditions: ['source', ...defaultServerConditions],
      externalConditions: ['source', 'node', 'module-sync']
    }
  },
  test: {
    name: 'node',
    execArgv: NODE_FLAGS,
    maxWorkers: MAX_WORKERS,
    testTimeout: HANGS_AFTER_MS,
    hookTimeout: HANGS_AFTER_MS,
    expect: { poll: POLL },
    include: ['test/**/*.spec.ts'],
    exclude: ['**/*.browser.spec.ts']
  }
}

/** They load WebAssembly from beside them, and Vite finds them only in the middle of the run. */
const UNBUNDLED = ['lz4-wasm', 'snappy-wasm']

function browserProject(
  chromium: string,
  setup: string | undefined
): TestProjectInlineConfiguration {
  return {
    resolve: { conditions: ['source', ...defaultClientConditions] },
    // found anew each time: with a cache that lacks a dependency some spec has begun
    // to import, Vite reloads the page in the middle of the run, which then hangs
    optimizeDeps: { force: true, exclude: UNBUNDLED },
    test: {
      name: 'browser',
      maxWorkers: MAX_WORKERS,
      testTimeout: HANGS_AFTER_MS,
      hookTimeout: HANGS_AFTER_MS,
      expect: { poll: POLL },
      include: ['test/**/*.spec.ts'],
      exclude: ['**/*.node.spec.ts'],
      globalSetup: setup === undefined ? [] : [setup],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: { executablePath: chromium, args: [...CHROMIUM_FLAGS] }
        }),
        instances: [{ browser: 'chromium' }]
      }
    }
  }
}
