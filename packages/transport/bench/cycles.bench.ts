import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { suite } from '@daa-compute/bench'
import type { CycleReadings, CycleTransport } from './cycles/cycle.ts'
import { openNativeMemory } from './cycles/native-memory.ts'

const script = fileURLToPath(new URL('cycles/measure.ts', import.meta.url))

/** A process as it is, and one whose resident memory is what it uses, but for a few pages. */
const PROCESSES = {
  ordinary: { execArgv: [], env: {} },
  /**
   * V8 keeps pages of its young generation that it does not use, and glibc what is free in
   * up to eight arenas for each core. How much that comes to differs by hundreds of MiB from
   * run to run, and it grows for some thousand cycles: docs/performance.md.
   */
  sparing: { execArgv: ['--max-semi-space-size=2'], env: { MALLOC_ARENA_MAX: '1' } }
} as const

type ProcessKind = keyof typeof PROCESSES

/**
 * What is measured where, and how many KiB or handles no growth may exceed: 5,000 times 200
 * bytes are 1 MiB, and of pages a few are more or less in use at any time. What an ordinary
 * process keeps for itself is told, and is no measure of anything.
 */
const ROWS: readonly (readonly [string, ProcessKind, keyof CycleReadings, number?])[] = [
  ['cycles per second', 'ordinary', 'rate'],
  ['growth of the heap', 'ordinary', 'heap', 1024],
  ['growth of memory outside the heap', 'ordinary', 'external', 1024],
  ['growth of handles', 'ordinary', 'handles', 0],
  ['growth of what malloc has given out', 'sparing', 'native', 1024],
  ['growth of resident memory', 'sparing', 'rss', 2048],
  ['the same with what V8 and glibc keep', 'ordinary', 'rss']
]

const measured = new Map<string, Promise<CycleReadings>>()

/** All rows of a transport come from two processes: each takes minutes. */
function measureOnce(transport: CycleTransport, kind: ProcessKind): Promise<CycleReadings> {
  const key = `${transport} ${kind}`
  const known = measured.get(key) ?? measure(transport, kind)
  measured.set(key, known)
  return known
}

async function measure(transport: CycleTransport, kind: ProcessKind): Promise<CycleReadings> {
  const { execArgv, env } = PROCESSES[kind]
  const args = ['--conditions=source', ...execArgv, script, transport]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...env }
  })
  return JSON.parse(stdout) as CycleReadings
}

function rows(): typeof ROWS {
  if (openNativeMemory() !== undefined) return ROWS
  console.error('what malloc has given out is left out: it takes glibc and a C compiler, cc')
  return ROWS.filter(([, , what]) => what !== 'native')
}

suite(
  'transport: 5,000 times connected and disconnected',
  (s) => {
    const wanted = rows()
    for (const transport of ['tcp', 'websocket'] as const) {
      for (const [name, kind, what, atMost] of wanted) {
        s.measure(`${transport}, ${name}`, {
          prepare: () => measureOnce(transport, kind),
          run: (readings) => readings[what]
        })
        if (atMost !== undefined) s.must(`${transport}, ${name}`, { of: 'worst', atMost })
      }
    }
  },
  { samples: 1 }
)
