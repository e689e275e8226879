/**
 * Connects and disconnects two nodes of one process, and says in one line of
 * JSON what that leaves behind, after half as many cycles to warm up.
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

/** Longest life of a timer that libp2p leaves to itself after a connection, in ms, and some. */
const SETTLE_MS = 11_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

interface State {
  readonly heap: number
  readonly rss: number
  readonly handles: number
}

async function measure(): Promise<State> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  for (let i = 0; i < 4; i++) {
    collect()
    await new Promise(setImmediate)
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, rss, handles: process.getActiveResourcesInfo().length }
}

const nodes = await startCycles(transport as CycleTransport)
await nodes.run(Math.ceil(cycles / 2))
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
