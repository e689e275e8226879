import { setFlagsFromString } from 'node:v8'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { NetworkThread } from './remote-network.ts'

/** Sources run as they are, packages as they were built: the worker is what this file is. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/**
 * How long a thread may take to end by itself, in ms. One that is idle takes some ten; one
 * that still loads its modules on a busy machine takes seconds.
 */
const END_MS = 5_000

/**
 * Node strips types by WebAssembly that calls JavaScript, in each thread anew. After a
 * thousand calls V8 compiles them, into memory that all threads share, and now and then
 * loses track of it: "Check failed: jit_page.has_value()", or a segmentation fault
 * (https://github.com/nodejs/node/issues/64500). So that is left undone.
 */
const NEVER_COMPILE_WASM_CALLS = '--wasm-wrapper-tiering-budget=2000000000'

/** Starts a thread of Node's for one network. */
export function createNetworkThread(): NetworkThread {
  if (EXTENSION === '.ts') setFlagsFromString(NEVER_COMPILE_WASM_CALLS)
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL(`network-worker${EXTENSION}`, import.meta.url), {
    name: 'daa-network',
    workerData: { port: port2 },
    transferList: [port2],
    // among sources, packages are found by their sources, too
    ...(EXTENSION === '.ts' ? { execArgv: ['--conditions=source'] } : {})
  })
  const { promise: lost, resolve: lose } = Promise.withResolvers<unknown>()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  worker.once('error', lose)
  worker.once('messageerror', lose)
  worker.once('exit', (code) => {
    lose(new Error(`it exited with ${code}`))
    end()
  })
  return {
    port: port1,
    lost,
    async end() {
      // it ends itself then. Cut off from here it would be wherever it happens to be: native
      // addons abort the process when they are loading, or when threads of theirs call into it
      port1.close()
      const stuck = setTimeout(() => void worker.terminate(), END_MS)
      await ended
      clearTimeout(stuck)
    }
  }
}
