import { suite } from '@daa-compute/bench'

import { CLASSICAL, HYBRID } from '../src/noise/protocols.ts'
import { type Ends, ourEnds, stockEnds } from './handshake/ends.ts'

const run = (ends: Ends): Promise<void> => ends.connect()

suite(
  'transport: handshake, both ends in one thread',
  (s) => {
    s.measure('classical, native', { prepare: () => ourEnds(CLASSICAL, 'native'), run })
    s.measure('hybrid, native', { prepare: () => ourEnds(HYBRID, 'native'), run })
    s.measure('classical, stock', { prepare: stockEnds, run })
    s.reference('classical, native')
    s.must('hybrid, native', { of: 'ratio', atMost: 1.6 })
  },
  { samples: 15 }
)

suite(
  'transport: handshake without native cryptography, as in browsers',
  (s) => {
    s.measure('classical, portable', { prepare: () => ourEnds(CLASSICAL, 'portable'), run })
    s.measure('hybrid, portable', { prepare: () => ourEnds(HYBRID, 'portable'), run })
    s.reference('classical, portable')
    s.must('hybrid, portable', { of: 'ratio', atMost: 1.6 })
  },
  { samples: 15 }
)
