import { type Reading, suite } from '@daa-compute/bench'

import { CLASSICAL, HYBRID } from '../src/noise/protocols.ts'
import { type Ends, ourEnds, stockEnds } from './handshake/ends.ts'
import { warm, workloads } from './handshake/workloads.ts'

/** Connections of a sample. */
const CONNECTIONS = 5

/**
 * The time that this process computed, on all its threads: nobody waits for anything here, so on
 * a machine with nothing else to do that is how long it takes, and on a busy one it still is.
 */
async function run(ends: Ends): Promise<Reading> {
  const before = process.cpuUsage()
  for (let i = 0; i < CONNECTIONS; i++) await ends.connect()
  const { user, system } = process.cpuUsage(before)
  return { value: (user + system) / 1000 / CONNECTIONS, unit: 'ms' }
}

suite(
  'transport: handshake, both ends in one thread',
  (s) => {
    s.measure('classical, native', { prepare: () => warm(ourEnds(CLASSICAL, 'native')), run })
    s.measure('hybrid, native', { prepare: () => warm(ourEnds(HYBRID, 'native')), run })
    s.measure('classical, stock', { prepare: () => warm(stockEnds()), run })
    s.reference('classical, native')
    s.must('hybrid, native', { of: 'ratio', atMost: 1.6 })
  },
  { samples: 21 }
)

suite(
  'transport: handshake without native cryptography, as in browsers',
  (s) => {
    s.measure('classical, WebAssembly', { prepare: () => warm(ourEnds(CLASSICAL, 'wasm')), run })
    s.measure('hybrid, WebAssembly', { prepare: () => warm(ourEnds(HYBRID, 'wasm')), run })
    s.reference('classical, WebAssembly')
    s.must('hybrid, WebAssembly', { of: 'ratio', atMost: 1.6 })
  },
  { samples: 21 }
)

suite(
  'transport: handshake in JavaScript alone, as where a policy forbids WebAssembly',
  (s) => {
    s.measure('classical, portable', { prepare: () => warm(ourEnds(CLASSICAL, 'portable')), run })
    s.measure('hybrid, portable', { prepare: () => warm(ourEnds(HYBRID, 'portable')), run })
    s.reference('classical, portable')
    s.must('hybrid, portable', { of: 'ratio', atMost: 1.6 })
  },
  { samples: 21 }
)

suite(
  'transport: handshake-browser, by the wall clock: headless Chromium against Node.js',
  (s) => {
    s.sideBySide({
      workloads,
      module: new URL('handshake/workloads.ts', import.meta.url),
      external: [/^node:/]
    })
  },
  { samples: 15 }
)
