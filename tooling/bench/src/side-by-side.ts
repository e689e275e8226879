import { findChromium } from '@daa-compute/vitest/chromium'

import type { Case } from './case.ts'
import type { Hosts } from './hosts.ts'
import type { Workloads } from './workload.ts'

/** Workloads to be measured in Node.js and in Chromium. */
export interface SideBySideInit {
  readonly workloads: Workloads
  /** The module that exports them as `workloads`. */
  readonly module: URL
  /** What it imports but never comes to run, such as libraries of stages that it has none of. */
  readonly external?: readonly RegExp[]
}

/**
 * Two cases for each workload, one after the other: in this process, and in a
 * headless Chromium, compared to the former. None where there is no Chromium.
 */
export function createSideBySide({ workloads, module, external = [] }: SideBySideInit): Case[] {
  const path = findChromium()
  if (path === undefined) return []
  let opened: Promise<Hosts> | undefined
  let users = 0
  const open = async (chromium: string): Promise<Hosts> => {
    // a bundler and a browser are for those who ask
    const { openHosts } = await import('./hosts.ts')
    return await openHosts(module, chromium, external)
  }
  const caseOf = (name: string, host: 'node' | 'chromium'): Case => ({
    name: `${name}, ${host === 'node' ? 'Node.js' : 'Chromium'}`,
    reference: host === 'node' ? undefined : `${name}, Node.js`,
    async prepare() {
      users++
      opened ??= open(path)
      await (await opened)[host].prepare(name)
    },
    sample: async () => await (await hosts())[host].sample(name),
    async cleanUp() {
      if (opened === undefined) return
      const last = --users === 0
      const hosts = await opened.catch(() => undefined)
      try {
        await hosts?.[host].cleanUp(name)
      } finally {
        if (last) {
          opened = undefined
          await hosts?.close()
        }
      }
    }
  })
  const hosts = async (): Promise<Hosts> => {
    if (opened === undefined) throw new Error('nothing was prepared')
    return await opened
  }
  return Object.keys(workloads).flatMap((name) => [caseOf(name, 'node'), caseOf(name, 'chromium')])
}
