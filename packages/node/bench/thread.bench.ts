import { suite, type SuiteBuilder } from '@daa-compute/bench'

const script = new URL('pair.ts', import.meta.url)
const MIB_64 = `${16 * 2 ** 20}`

const SAME = 'float32, network on the same thread'
const SHARED = 'float32, network on its own thread, shared memory'

function cases(s: SuiteBuilder, figure: string, rounds: number): void {
  const add = (name: string, mode: string): void =>
    s.process(name, {
      script,
      args: [figure, mode, MIB_64, `${rounds}`],
      timeoutMs: 120_000
    })
  add(SAME, 'float32')
  add(SHARED, 'float32/shared')
  add('float32, network on its own thread, copied', 'float32/copied')
  s.reference(SAME)
}

suite(
  'thread: all-reduce of 64 MiB between two processes on loopback',
  (s) => {
    cases(s, 'speed', 6)
    s.must(SHARED, { of: 'ratio', atLeast: 0.9 })
  },
  { samples: 7 }
)

suite(
  'thread: peak memory of a fresh process above the idle node, 64 MiB',
  (s) => cases(s, 'memory', 1),
  { samples: 5 }
)
