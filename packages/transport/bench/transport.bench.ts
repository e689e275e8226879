import { suite, type SuiteBuilder } from '@daa-compute/bench'
import type { LaneName } from './lanes/index.ts'
import { openPair, type Pair } from './pair.ts'

const MIB = 2 ** 20
/** Moved before anything is measured, each way: the compiler and the windows are done growing. */
const WARM_UP = 128 * MIB
const MOVED = 128 * MIB

function lane(s: SuiteBuilder, name: string, which: LaneName, how: 'oneWay' | 'bothWays'): void {
  s.measure<Pair>(name, {
    async prepare() {
      const pair = await openPair(which)
      await pair[how](WARM_UP)
      return pair
    },
    async run(pair) {
      const bytes = how === 'bothWays' ? 2 * MOVED : MOVED
      return { value: bytes / 1e3 / (await pair[how](MOVED)), unit: 'MB/s' }
    },
    cleanUp: async (pair) => await pair.close()
  })
}

suite(
  'transport: one way between two processes on loopback, 64 KiB a send',
  (s) => {
    lane(s, 'TCP, stock Noise and yamux', 'stock', 'oneWay')
    lane(s, 'TCP, a channel of ours', 'ours', 'oneWay')
    lane(s, 'TCP, plaintext and stock yamux', 'plaintext', 'oneWay')
    lane(s, 'TCP, a bare socket', 'raw', 'oneWay')
    s.reference('TCP, stock Noise and yamux')
    s.must('TCP, a channel of ours', { of: 'ratio', atLeast: 2 })
  },
  { samples: 7 }
)

suite(
  'transport: both ways at once, 64 KiB a send, sum of both',
  (s) => {
    lane(s, 'TCP, stock Noise and yamux', 'stock', 'bothWays')
    lane(s, 'TCP, a channel of ours', 'ours', 'bothWays')
    s.reference('TCP, stock Noise and yamux')
    s.must('TCP, a channel of ours', { of: 'ratio', atLeast: 2 })
  },
  { samples: 7 }
)

suite(
  'transport: WebSocket, one way, 64 KiB a send',
  (s) => {
    lane(s, 'WebSocket, stock Noise and yamux', 'stock-ws', 'oneWay')
    lane(s, 'WebSocket, a channel of ours', 'ours-ws', 'oneWay')
    s.reference('WebSocket, stock Noise and yamux')
    s.must('WebSocket, a channel of ours', { of: 'ratio', atLeast: 1.8 })
  },
  { samples: 7 }
)

function sender(s: SuiteBuilder, name: string, which: LaneName): void {
  s.measure(name, async () => {
    // a fresh pair, so that idle is what a process has that never was busy
    const pair = await openPair(which)
    const bytes = await pair.toSlowReader(1024 * MIB, 200 * MIB)
    await pair.close()
    return { value: bytes / MIB, unit: 'MiB' }
  })
}

suite(
  'transport: peak memory of a sender above idle, 1 GiB to a reader of 200 MiB/s',
  (s) => {
    sender(s, 'TCP, a bare socket', 'raw')
    sender(s, 'TCP, a channel of ours', 'ours')
    s.must('TCP, a channel of ours', { of: 'worst', atMost: 16 })
  },
  { samples: 3 }
)
