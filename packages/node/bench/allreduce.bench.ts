import { suite, type SuiteBuilder } from '@daa-compute/bench'

const script = new URL('pair.ts', import.meta.url)
const MIB_64 = `${16 * 2 ** 20}`

function pair(s: SuiteBuilder, name: string, figure: string, mode: string, rounds: number): void {
  s.process(name, { script, args: [figure, mode, MIB_64, `${rounds}`], timeoutMs: 120_000 })
}

suite(
  'all-reduce of 64 MiB between two processes on loopback',
  (s) => {
    pair(s, 'bare streams, both ways at once', 'speed', 'bare', 6)
    pair(s, 'bare streams with stock Noise', 'speed', 'stock', 6)
    pair(s, 'float32', 'speed', 'float32', 6)
    pair(s, 'int8', 'speed', 'int8', 6)
    s.reference('bare streams, both ways at once')
    s.must('float32', { of: 'ratio', atLeast: 0.7 })
  },
  { samples: 7 }
)

suite(
  'peak memory of a fresh process above the idle node, 64 MiB',
  (s) => {
    pair(s, 'float32', 'memory', 'float32', 1)
    pair(s, 'int8', 'memory', 'int8', 1)
    s.must('float32', { of: 'median', atMost: 2.5 })
  },
  { samples: 5 }
)
