import { suite } from '@daa-compute/bench'

const script = new URL('cycles/measure.ts', import.meta.url)

const ROWS = [
  ['cycles per second', 'rate'],
  ['growth of the heap', 'heap'],
  ['growth of resident memory', 'rss'],
  ['growth of handles', 'handles']
] as const

suite(
  'transport: 5,000 times connected and disconnected',
  (s) => {
    for (const transport of ['tcp', 'websocket'] as const) {
      for (const [name, what] of ROWS) {
        const args = [transport, what]
        s.process(`${transport}, ${name}`, { script, args, timeoutMs: 600_000 })
      }
    }
  },
  { samples: 1 }
)
