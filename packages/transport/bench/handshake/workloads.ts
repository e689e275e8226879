import type { CipherImplementation } from '@daa-compute/crypto'
import type { Workload, Workloads } from '@daa-compute/bench'

import { CLASSICAL, HYBRID, type NoiseSuite } from '../../src/noise/protocols.ts'
import { type Ends, ourEnds } from './ends.ts'

/** Connections before any is measured: the harness's 200 ms are some tens, too few for a compiler that waits for a core. */
const WARM_UP = 100

/** @returns the ends, once a compiler has done with them what it will do */
export async function warm(making: Promise<Ends>): Promise<Ends> {
  const ends = await making
  for (let i = 0; i < WARM_UP; i++) await ends.connect()
  return ends
}

function handshake(suite: NoiseSuite, implementation: CipherImplementation): Workload {
  return {
    async prepare() {
      const ends = await warm(ourEnds(suite, implementation))
      return () => ends.connect()
    }
  }
}

/** What there is in browsers. */
export const workloads: Workloads = {
  'classical, WebAssembly': handshake(CLASSICAL, 'wasm'),
  'hybrid, WebAssembly': handshake(HYBRID, 'wasm'),
  'classical, portable': handshake(CLASSICAL, 'portable'),
  'hybrid, portable': handshake(HYBRID, 'portable')
}
