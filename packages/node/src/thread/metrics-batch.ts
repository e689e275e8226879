import type { Labels, MetricOptions, Metrics } from '@daa-compute/interface'

/** Measurements of a while, as they cross to another thread. */
export type MetricsBatch = readonly MetricBatch[]

interface MetricBatch {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly options: MetricOptions
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly labels: Labels | undefined
  /** A counter's sum, a gauge's last value, what a histogram observed. */
  readonly values: readonly number[]
}

/** Observations of a histogram that are kept while nobody takes them. */
const MAX_OBSERVATIONS = 10_000

/** Measurements that wait to be taken. */
export interface MetricsCollector {
  readonly metrics: Metrics
  /** What was measured since the last time; `undefined` if nothing was. */
  take(): MetricsBatch | undefined
}

interface Collecting {
  readonly labels: Labels | undefined
  readonly values: number[]
}

interface Collected {
  readonly kind: MetricBatch['kind']
  readonly options: MetricOptions
  /** By labels. */
  samples: Map<string, Collecting>
}

/**
 * Metrics that are kept until they are taken: many measurements are one message, and
 * counters and gauges take no more memory if nobody does.
 */
export function createMetricsCollector(): MetricsCollector {
  const collected = new Map<string, Collected>()
  const valuesOf = (
    kind: MetricBatch['kind'],
    name: string,
    options: MetricOptions
  ): ((labels: Labels | undefined) => number[]) => {
    const metric: Collected = collected.get(name) ?? { kind, options, samples: new Map() }
    collected.set(name, metric)
    return (labels) => {
      const key = JSON.stringify(labels)
      const sample: Collecting = metric.samples.get(key) ?? { labels, values: [] }
      metric.samples.set(key, sample)
      return sample.values
    }
  }
  return {
    metrics: {
      counter(name, options) {
        const of = valuesOf('counter', name, options)
        return {
          add(value, labels) {
            const values = of(labels)
            values[0] = (values[0] ?? 0) + value
          }
        }
      },
      gauge(name, options) {
        const of = valuesOf('gauge', name, options)
        return { set: (value, labels) => void (of(labels)[0] = value) }
      },
      histogram(name, options) {
        const of = valuesOf('histogram', name, options)
        return {
          observe(value, labels) {
            const values = of(labels)
            if (values.length < MAX_OBSERVATIONS) values.push(value)
          }
        }
      }
    },
    take() {
      const batch: MetricBatch[] = []
      for (const [name, metric] of collected) {
        if (metric.samples.size === 0) continue
        const { kind, options, samples } = metric
        batch.push({ kind, name, options, samples: [...samples.values()] })
        metric.samples = new Map()
      }
      return batch.length === 0 ? undefined : batch
    }
  }
}

/** Measures what was measured elsewhere. */
export function record(batch: MetricsBatch, metrics: Metrics): void {
  for (const { kind, name, options, samples } of batch) {
    const measure = measureOf(metrics, kind, name, options)
    for (const { labels, values } of samples) for (const value of values) measure(value, labels)
  }
}

function measureOf(
  metrics: Metrics,
  kind: MetricBatch['kind'],
  name: string,
  options: MetricOptions
): (value: number, labels: Labels | undefined) => void {
  switch (kind) {
    case 'counter': {
      const counter = metrics.counter(name, options)
      return (value, labels) => counter.add(value, labels)
    }
    case 'gauge': {
      const gauge = metrics.gauge(name, options)
      return (value, labels) => gauge.set(value, labels)
    }
    case 'histogram': {
      const histogram = metrics.histogram(name, options)
      return (value, labels) => histogram.observe(value, labels)
    }
  }
}
