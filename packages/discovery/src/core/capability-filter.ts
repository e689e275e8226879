import type { PeerRecord } from '@daa-compute/interface'

/**
 * Which peers a directory shows. What it refuses is as if it were not there; if
 * a peer announces new capabilities it is asked again. It must not throw.
 *
 * Capabilities are claims: a filter finds fitting peers, it keeps no liar out.
 */
export type CapabilityFilter = (record: PeerRecord) => boolean

/** What a capability has to be: this text, one of these, or whatever the predicate takes. */
export type CapabilityRequirement = string | readonly string[] | ((value: string) => boolean)

/**
 * Peers that declare every named capability as required.
 *
 * ```ts
 * requireCapabilities({ gpu: ['h100', 'h200'], cores: (cores) => Number(cores) >= 8 })
 * ```
 */
export function requireCapabilities(
  requirements: Readonly<Record<string, CapabilityRequirement>>
): CapabilityFilter {
  const required = Object.entries(requirements)
  return ({ capabilities }) =>
    required.every(([name, requirement]) => {
      if (!Object.hasOwn(capabilities, name)) return false
      const value = capabilities[name] as string
      if (typeof requirement === 'function') return requirement(value)
      return typeof requirement === 'string' ? value === requirement : requirement.includes(value)
    })
}
