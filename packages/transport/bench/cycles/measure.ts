/**
 * Connects and disconnects two nodes of one process, and says in one line of
 * JSON what that leaves behind, after as many cycles to warm up.
 *
 *   node --conditions=source measure.ts tcp|websocket [cycles [heap|buffer|native]]
 *
 * The collector is called before memory is read: what is asked is what cannot be
 * collected, not when it is. With a third argument a KiB a cycle is leaked there, so
 * that one can see that this shows.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Reading } from '@daa-compute/bench'
import { startCycles } from './cycle.ts'
import { openNativeMemory } from './native-memory.ts'
import type { CycleReadings, CycleTransport } from './cycle.ts'

const [transport = 'tcp', count = '5000', leak] = process.argv.slice(2)
const cycles = Number(count)

const native = openNativeMemory()
const leaked: unknown[] = []
const leaks: Readonly<Record<string, () => void>> = {
  // 128 numbers of 8 bytes
  heap: () => leaked.push(Array.from({ length: 128 }, (_, i) => i + 0.5)),
  buffer: () => leaked.push(new Uint8Array(1024).fill(1)),
  native: () => native?.leak()
}
const after = leaks[leak ?? ''] ?? (() => {})

/**
 * Between calls of the collector, in ms: a socket is gone by then. Not longer, as
 * V8 hands pages back to the system when it has been idle for some seconds, and
 * takes them again afterwards, which would look like growth.
 */
const SETTLE_MS = 250

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes and handles. */
interface State {
  readonly heap: number
  readonly external: number
  /** Not a number where it cannot be read. */
  readonly native: number
  readonly rss: number
  readonly handles: number
}

async function measure(): Promise<State> {
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }
  const { heapUsed: heap, external, rss } = process.memoryUsage()
  const handles = process.getActiveResourcesInfo().length
  return { heap, external, native: native?.inUse() ?? Number.NaN, rss, handles }
}

const nodes = await startCycles(transport as CycleTransport)
await nodes.run(cycles, after)
const before = await measure()
const startedAt = performance.now()
await nodes.run(cycles, after)
const seconds = (performance.now() - startedAt) / 1000
const end = await measure()

const kibOf = (what: keyof State): Reading => ({
  value: (end[what] - before[what]) / 1024,
  unit: 'KiB'
})
const readings: CycleReadings = {
  heap: kibOf('heap'),
  external: kibOf('external'),
  native: native && kibOf('native'),
  rss: kibOf('rss'),
  handles: { value: end.handles - before.handles, unit: 'handles' },
  rate: { value: cycles / seconds, unit: 'cycles/s' }
}
console.log(JSON.stringify(readings))
await nodes.stop()
