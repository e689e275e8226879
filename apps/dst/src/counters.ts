/** How often what happened. */
export interface Counters {
  add(name: string, count?: number): void
  entries(): readonly (readonly [name: string, count: number])[]
  merge(other: readonly (readonly [name: string, count: number])[]): void
}

export function createCounters(): Counters {
  const counts = new Map<string, number>()
  const add = (name: string, count = 1): void =>
    void counts.set(name, (counts.get(name) ?? 0) + count)
  return {
    add,
    entries: () => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)),
    merge(other) {
      for (const [name, count] of other) add(name, count)
    }
  }
}

/** Counters as a table, grouped by the part of the name before the colon. */
export function formatCounters(entries: readonly (readonly [string, number])[]): string {
  const groups = new Map<string, string[]>()
  for (const [name, count] of entries) {
    const [group = '', rest = ''] = name.split(/: (.*)/)
    const lines = groups.get(group) ?? []
    groups.set(group, lines)
    lines.push(`  ${count.toLocaleString('en').padStart(12)}  ${rest}`)
  }
  return [...groups].map(([group, lines]) => [group, ...lines].join('\n')).join('\n')
}
