import type { Workload, Workloads } from '@daa-compute/bench'

import { createPrimitives } from '../src/index.ts'
import type { CipherImplementation } from '../src/index.ts'

/** The three steps of ML-KEM-768 with one implementation. */
export function stepsBy(implementation: CipherImplementation): Workloads {
  const step = (prepare: Workload['prepare']): Workload => ({ prepare })
  const make = () => createPrimitives({ implementation }).mlKem768
  return {
    [`${implementation}, a key pair`]: step(() => {
      const kem = make()
      return () => kem.createKeyPair()
    }),
    [`${implementation}, encapsulate`]: step(() => {
      const kem = make()
      const { publicKey } = kem.createKeyPair()
      return () => kem.encapsulate(publicKey)
    }),
    [`${implementation}, decapsulate`]: step(() => {
      const kem = make()
      const keyPair = kem.createKeyPair()
      const { ciphertext } = kem.encapsulate(keyPair.publicKey)
      return () => keyPair.decapsulate(ciphertext)
    })
  }
}

/** What is measured in browsers, too. */
export const workloads: Workloads = { ...stepsBy('portable'), ...stepsBy('wasm') }
