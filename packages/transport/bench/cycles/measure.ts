/**
 * Connects and disconnects two nodes of one process, and says in one line of
 * JSON what that leaves behind, after as many cycles to warm up.
 *
 *   node --conditions=source measure.ts tcp|websocket [cycles]
 *
 * The collector is called before memory is read: what is asked is what cannot be
 * collected, not when it is.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startCycles } from './cycle.ts'
import type { CycleReadings, CycleTransport } from './cycle.ts'

const [transport = 'tcp', count = '5000'] = process.argv.slice(2)
const cycles = Number(count)

/**
 * Between calls of the collector, in ms: a socket is gone by then. Not longer, as
 * V8 hands pages back to the system when it has been idle for some seconds, and
 * takes them again afterwards, which would look like growth.
 */
const SETTLE_MS = 250

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

interface State {
  readonly heap: number
  readonly rss: number
  readonly handles: number
}

async function measure(): Promise<State> {
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, rss, handles: process.getActiveResourcesInfo().length }
}

const nodes = await startCycles(transport as CycleTransport)
await nodes.run(cycles)
const before = await measure()
const startedAt = performance.now()
await nodes.run(cycles)
const seconds = (performance.now() - startedAt) / 1000
const after = await measure()

const readings: CycleReadings = {
  heap: { value: (after.heap - before.heap) / 1024, unit: 'KiB' },
  rss: { value: (after.rss - before.rss) / 1024, unit: 'KiB' },
  handles: { value: after.handles - before.handles, unit: 'handles' },
  rate: { value: cycles / seconds, unit: 'cycles/s' }
}
console.log(JSON.stringify(readings))
await nodes.stop()
