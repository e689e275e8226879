import type { Averager } from '../../src/averager.ts'

interface Waiting {
  readonly values: Float32Array
  readonly weight: number
  readonly resolve: () => void
}

/**
 * Peers of one process that average exactly: the weighted mean in float64, summed
 * in the order of the peers, rounded once.
 */
export function averageInProcess(peers: number): Averager[] {
  let waiting: (Waiting | undefined)[] = []
  const reduce = (): void => {
    const group = waiting.filter((peer) => peer !== undefined)
    if (group.length < peers) return
    waiting = []
    const total = group.reduce((sum, { weight }) => sum + weight, 0)
    const mean = Float32Array.from(group[0]?.values ?? [], (_, i) =>
      group.reduce((sum, { values, weight }) => sum + ((values[i] ?? 0) * weight) / total, 0)
    )
    for (const { values, resolve } of group) {
      values.set(mean)
      resolve()
    }
  }
  return Array.from({ length: peers }, (_, index) => {
    return {
      async average(values, { weight }) {
        await new Promise<void>((resolve) => {
          waiting[index] = { values, weight, resolve }
          reduce()
        })
        return { participants: peers, bytesSent: 0 }
      }
    }
  })
}
