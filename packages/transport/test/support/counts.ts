import type { Labels, Metrics } from '@daa-compute/interface'

/** Metrics that can be asked. */
export interface CountingMetrics extends Metrics {
  /** What a counter has come to, or a gauge stands at, for labels written as `a=b,c=d`. */
  value(name: string, labels?: string): number
  /** How often a histogram was given something. */
  observed(name: string): number
}

export function createCountingMetrics(): CountingMetrics {
  const values = new Map<string, number>()
  const key = (name: string, labels: Labels = {}): string =>
    `${name}{${Object.entries(labels)
      .map(([label, value]) => `${label}=${value}`)
      .join()}}`
  const add = (at: string, value: number): void => {
    values.set(at, (values.get(at) ?? 0) + value)
  }
  return {
    counter: (name) => ({ add: (value, labels) => add(key(name, labels), value) }),
    gauge: (name) => ({ set: (value, labels) => values.set(key(name, labels), value) }),
    histogram: (name) => ({ observe: () => add(`${name}#`, 1) }),
    value: (name, labels = '') => values.get(`${name}{${labels}}`) ?? 0,
    observed: (name) => values.get(`${name}#`) ?? 0
  }
}
