import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type { BrowserPeers } from './browser-peers.ts'

declare module 'vitest' {
  // what specs get by `inject`
  export interface ProvidedContext {
    peers: BrowserPeers
  }
}

/** Starts the peers of the specs in the browser, and returns what stops them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const program = fileURLToPath(new URL('browser-peers.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', program], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const { done, value } = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('the peers of the specs ended; they say above why')
  project.provide('peers', JSON.parse(value) as BrowserPeers)
  return () => {
    child.stdin.end()
    return ended
  }
}
