import type { PeerId } from '@daa-compute/interface'

/** The peer at an index of a scenario. */
export function nameOf(index: number): PeerId {
  return `p${String(index).padStart(2, '0')}` as PeerId
}
