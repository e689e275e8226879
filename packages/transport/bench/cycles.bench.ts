import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { suite } from '@daa-compute/bench'
import type { CycleReadings, CycleTransport } from './cycles/cycle.ts'

const script = fileURLToPath(new URL('cycles/measure.ts', import.meta.url))

const ROWS = [
  ['cycles per second', 'rate'],
  ['growth of the heap', 'heap'],
  ['growth of resident memory', 'rss'],
  ['growth of handles', 'handles']
] as const

/** KiB and handles that no growth may exceed: 5,000 times 200 bytes are 1 MiB; the rest is what pages of memory vary by. */
const MOST = { heap: 1024, rss: 4096, handles: 0 } as const

const measured = new Map<CycleTransport, Promise<CycleReadings>>()

/** All rows of a transport come from one run: it takes minutes. */
function measureOnce(transport: CycleTransport): Promise<CycleReadings> {
  const known = measured.get(transport) ?? measure(transport)
  measured.set(transport, known)
  return known
}

async function measure(transport: CycleTransport): Promise<CycleReadings> {
  const args = ['--conditions=source', script, transport]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as CycleReadings
}

suite(
  'transport: 5,000 times connected and disconnected',
  (s) => {
    for (const transport of ['tcp', 'websocket'] as const) {
      for (const [name, what] of ROWS) {
        s.measure(`${transport}, ${name}`, {
          prepare: () => measureOnce(transport),
          run: (readings) => readings[what]
        })
        if (what !== 'rate') s.must(`${transport}, ${name}`, { of: 'worst', atMost: MOST[what] })
      }
    }
  },
  { samples: 1 }
)
