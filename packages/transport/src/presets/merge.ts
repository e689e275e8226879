import { requirePostQuantum } from '../noise/refuse-classical.ts'
import type { TransportPreset } from './base.ts'

/**
 * All transports of the presets, and their services, on one node; the rest is the
 * first one's. `postQuantum: 'require'` of any counts for all: a transport among them
 * that cannot be post-quantum has `createLibp2p` reject with a TransportError
 * `NOT_POST_QUANTUM`. Its other values, give to the first.
 */
export function mergePresets<Preset extends TransportPreset>(
  first: Preset,
  ...others: readonly TransportPreset[]
): Preset {
  const all = [first, ...others]
  const merged: Preset = {
    ...first,
    transports: all.flatMap(({ transports }) => transports)
  }
  const strict = all.find((preset) => requirePostQuantum(preset.connectionEncrypters))
  if (strict !== undefined) {
    merged.connectionEncrypters = [...strict.connectionEncrypters]
    merged.connectionProtector = strict.connectionProtector
  }
  const services = all.find((preset) => preset.services !== undefined)?.services
  if (services !== undefined) merged.services = { ...services }
  return merged
}
