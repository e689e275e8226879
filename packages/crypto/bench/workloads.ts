import type { Workload, Workloads } from '@daa-compute/bench'

import { createRecordCiphers } from '../src/index.ts'
import type { CipherImplementation } from '../src/index.ts'

/** The longest plaintext of a record of Noise, and a short one. */
const LENGTHS: readonly (readonly [string, number])[] = [
  ['64 KiB', 65_519],
  ['1 KiB', 1024]
]

/** One call seals or opens as many bytes as 16 of the longest records. */
const BYTES = 16 * 65_519

const KEY = new Uint8Array(32).fill(7)

/** Seals and opens records with the ciphers of one implementation. */
export function recordsBy(implementation: CipherImplementation): Workloads {
  const ciphers = createRecordCiphers({ implementation })
  const all: Record<string, Workload> = {}
  for (const [name, length] of LENGTHS) {
    const count = Math.floor(BYTES / length)
    const bytes = count * length
    const plaintext = new Uint8Array(length).fill(3)
    all[`${implementation} seals, ${name}`] = {
      bytes,
      prepare() {
        const sealer = ciphers.createSealer(KEY)
        return () => {
          for (let i = 0; i < count; i++) {
            sealer.update(plaintext)
            sealer.finish()
          }
        }
      }
    }
    all[`${implementation} opens, ${name}`] = {
      bytes,
      prepare() {
        const sealer = ciphers.createSealer(KEY)
        const parts = [sealer.update(plaintext), sealer.finish()]
        const record = new Uint8Array(parts.flatMap((part) => [...part]))
        return () => {
          // number 0 each time
          for (let i = 0; i < count; i++) ciphers.createOpener(KEY).open(record)
        }
      }
    }
  }
  return all
}

/** What is measured in browsers, too. */
export const workloads: Workloads = { ...recordsBy('portable'), ...recordsBy('wasm') }
