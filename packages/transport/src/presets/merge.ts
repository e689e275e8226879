import type { TransportPreset } from './base.ts'

/** All transports of the presets, on one node; the rest is the first one's. */
export function mergePresets<Preset extends TransportPreset>(
  first: Preset,
  ...others: readonly TransportPreset[]
): Preset {
  return {
    ...first,
    transports: [first, ...others].flatMap((preset) => preset.transports)
  }
}
