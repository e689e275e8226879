import { suite } from '@daa-compute/bench'

const script = new URL('state/measure.ts', import.meta.url)

suite(
  'state: 64 MiB for a joiner, 3 donors of which one lies and one stops half-way',
  (s) => {
    s.process('donors of 100 Mbit/s', { script, args: [String(100e6)] })
    s.process('donors of 400 Mbit/s', { script, args: [String(400e6)] })
    s.process('donors without a limit', { script, args: ['Infinity'] })
    // without a limit it is not what donors may upload that sets the time
    s.must('donors of 100 Mbit/s', { of: 'median', atMost: 1.3 })
    s.must('donors of 400 Mbit/s', { of: 'median', atMost: 1.3 })
  },
  { samples: 3 }
)
