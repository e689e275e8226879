import { MessageChannel, Worker } from 'node:worker_threads'
import type { NetworkThread } from './remote-network.ts'

/** Sources run as they are, packages as they were built: the worker is what this file is. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** Starts a thread of Node's for one network. */
export function createNetworkThread(): NetworkThread {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL(`network-worker${EXTENSION}`, import.meta.url), {
    name: 'daa-network',
    workerData: { port: port2 },
    transferList: [port2],
    // among sources, packages are found by their sources, too
    ...(EXTENSION === '.ts' ? { execArgv: ['--conditions=source'] } : {})
  })
  const { promise: lost, resolve } = Promise.withResolvers<unknown>()
  worker.once('error', resolve)
  worker.once('messageerror', resolve)
  worker.once('exit', (code) => resolve(new Error(`it exited with ${code}`)))
  return {
    port: port1,
    lost,
    async terminate() {
      await worker.terminate()
    }
  }
}
