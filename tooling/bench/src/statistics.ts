/** How samples are spread, all in the unit of the samples. */
export interface Summary {
  readonly min: number
  readonly p25: number
  readonly median: number
  readonly p75: number
  readonly max: number
}

/**
 * The value below which a fraction of the samples lies, interpolated linearly
 * between neighbours (definition 7 of Hyndman and Fan, "Sample Quantiles in
 * Statistical Packages", 1996).
 *
 * @param sorted at least one sample, ascending
 * @param fraction from 0 to 1
 */
export function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) throw new RangeError('there are no samples')
  return below + (above - below) * (position % 1)
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b)
  return {
    min: quantile(sorted, 0),
    p25: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    p75: quantile(sorted, 0.75),
    max: quantile(sorted, 1)
  }
}

/**
 * The median of `samples[i] / reference[i]`.
 *
 * Samples of one index were taken right after one another, so what slows the
 * machine down for a while slows both and cancels out; in a ratio of two
 * medians it would not.
 */
export function pairedRatio(samples: readonly number[], reference: readonly number[]): number {
  if (samples.length !== reference.length) {
    throw new RangeError(`${samples.length} samples have no pairs in ${reference.length}`)
  }
  const ratios = samples.map((sample, i) => sample / (reference[i] as number))
  return summarize(ratios).median
}
