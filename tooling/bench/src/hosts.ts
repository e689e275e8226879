import { runInThisContext } from 'node:vm'
import { CHROMIUM_FLAGS } from '@daa-compute/vitest/chromium'
import { chromium } from 'playwright'

import { isReading, type Reading } from './case.ts'
import { bundleWorkloads, SAMPLER } from './bundle.ts'
import type { Sampler } from './sampler.ts'

/** The same workloads in two places. */
export interface Hosts {
  readonly node: Sampler
  readonly chromium: Sampler
  close(): Promise<void>
}

/**
 * Bundles workloads, runs the bundle in this process and in a headless Chromium.
 *
 * @param module exports `workloads`
 * @param executablePath of the Chromium
 */
export async function openHosts(
  module: URL,
  executablePath: string,
  external: readonly RegExp[]
): Promise<Hosts> {
  const code = await bundleWorkloads(module, external)
  const browser = await chromium.launch({
    executablePath,
    args: [...CHROMIUM_FLAGS, '--js-flags=--expose-gc']
  })
  try {
    const page = await browser.newPage()
    await page.addScriptTag({ content: code })
    const call = (method: keyof Sampler, name: string): Promise<unknown> =>
      page.evaluate(`${SAMPLER}.${method}(${JSON.stringify(name)})`)
    const node = runInThisContext(`${code}\n;${SAMPLER}`) as Sampler
    return {
      node,
      chromium: {
        prepare: async (name) => void (await call('prepare', name)),
        sample: async (name) => readingFrom(await call('sample', name)),
        cleanUp: async (name) => void (await call('cleanUp', name))
      },
      close: () => browser.close()
    }
  } catch (error) {
    await browser.close()
    throw error
  }
}

function readingFrom(said: unknown): Reading {
  if (isReading(said)) return said
  throw new TypeError(`Chromium reported ${JSON.stringify(said)}`)
}
