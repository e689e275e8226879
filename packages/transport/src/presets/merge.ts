import type { TransportPreset } from './base.ts'

/**
 * All transports of the presets, and their services, on one node; the rest is the
 * first one's, `postQuantum` too: give it to that one.
 */
export function mergePresets<Preset extends TransportPreset>(
  first: Preset,
  ...others: readonly TransportPreset[]
): Preset {
  const merged: Preset = {
    ...first,
    transports: [first, ...others].flatMap(({ transports }) => transports)
  }
  const services = [first, ...others].find((preset) => preset.services !== undefined)?.services
  if (services !== undefined) merged.services = { ...services }
  return merged
}
