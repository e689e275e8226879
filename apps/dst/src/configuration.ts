import type { PeerId } from '@daa-compute/interface'

/** Who is to take part in the next round, as a run tells. */
export interface Configuration {
  readonly lineage: string
  readonly members: readonly PeerId[]
  /** Which of the lineage, in their order. */
  readonly sequence: number
  readonly attempt: number
}

/** The last configuration of each lineage; who was left out of it does not know. */
export function latestOf(
  configurations: readonly Configuration[]
): ReadonlyMap<string, Configuration> {
  const latest = new Map<string, Configuration>()
  for (const configuration of configurations) {
    const other = latest.get(configuration.lineage)
    if (other === undefined || isLater(configuration, other)) {
      latest.set(configuration.lineage, configuration)
    }
  }
  return latest
}

export function isLater(a: Configuration, b: Configuration): boolean {
  return a.sequence === b.sequence ? a.attempt > b.attempt : a.sequence > b.sequence
}
