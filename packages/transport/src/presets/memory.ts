import { memory } from '@libp2p/memory'
import { base, type TransportPreset } from './base.ts'

/** Between nodes of one process, for tests and simulations: `/memory/<name>` addresses. */
export function memoryPreset(): TransportPreset {
  return { ...base(), transports: [memory()] }
}
