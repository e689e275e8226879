import { suite } from '@daa-compute/bench'

const script = new URL('round/measure.ts', import.meta.url)

suite(
  'round of processes on loopback',
  (s) => {
    s.process('steady, 4 peers, 1 KiB, median', { script, args: ['median'] })
    s.process('steady, 4 peers, 1 KiB, 99th percentile', { script, args: ['p99'] })
    s.process('first of a run, 8 peers', { script, args: ['form'] })
    s.process('first of a run, 8 peers just started', { script, args: ['start'] })
    s.process('1 of 4 killed within, beyond one round', { script, args: ['killed'] })
    s.process('1 of 4 stopped within, beyond one round', { script, args: ['stopped'] })
    s.must('steady, 4 peers, 1 KiB, median', { of: 'median', atMost: 5 })
    s.must('first of a run, 8 peers', { of: 'median', atMost: 100 })
    s.must('1 of 4 killed within, beyond one round', { of: 'median', atMost: 100 })
    s.must('1 of 4 stopped within, beyond one round', { of: 'median', atMost: 3000 })
  },
  { samples: 5 }
)
