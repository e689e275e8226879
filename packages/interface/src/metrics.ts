/** Labels of a sample: few, and with few values each. */
export type Labels = Readonly<Record<string, string>>

/** Says what a metric means. */
export interface MetricOptions {
  readonly help: string
  /** Unit by its Prometheus name: `bytes`, `seconds`. */
  readonly unit?: string
  /** Upper bounds of a histogram's buckets, ascending. */
  readonly buckets?: readonly number[]
}

export interface Counter {
  add(value: number, labels?: Labels): void
}

export interface Gauge {
  set(value: number, labels?: Labels): void
}

export interface Histogram {
  observe(value: number, labels?: Labels): void
}

/**
 * Where measurements go. Optional everywhere; made to be implemented over a
 * metrics library in a few lines. A name asked for twice is the same metric.
 */
export interface Metrics {
  counter(name: string, options: MetricOptions): Counter
  gauge(name: string, options: MetricOptions): Gauge
  histogram(name: string, options: MetricOptions): Histogram
}
