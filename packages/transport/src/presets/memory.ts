import { memory } from '@libp2p/memory'
import type { EncryptionOptions } from '../noise/encryption.ts'
import { base, type TransportPreset } from './base.ts'

/** Between nodes of one process, for tests and simulations: `/memory/<name>` addresses. */
export function memoryPreset(options?: EncryptionOptions): TransportPreset {
  return { ...base(options), transports: [memory()] }
}
