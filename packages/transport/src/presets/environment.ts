import type { ServicePreset } from './base.ts'

/** All that one kind of machine has, and where a node on it listens. */
export interface EnvironmentPreset extends ServicePreset {
  addresses: {
    /** Multiaddrs; port 0 takes any free one. Write over it with ports of your own. */
    listen: string[]
  }
}
