/** What one sample of a case comes to. */
export interface Reading {
  readonly value: number
  /** `ms`, `MB/s`, whatever the case reports; equal in all samples of a case. */
  readonly unit: string
}

/** Something that can be sampled again and again. */
export interface Case {
  readonly name: string
  /** The case this one is compared to. Default: that of the suite */
  readonly reference?: string | undefined
  /** Makes ready; called once, before the first sample of the suite. */
  prepare(): Promise<void>
  /** Takes one sample. */
  sample(): Promise<Reading>
  /** Releases what `prepare` took, also after a failure. */
  cleanUp(): Promise<void>
}

/** What a duration says: a rate where the work has a size in bytes, else itself. */
export function readingOf(durationMs: number, bytes: number | undefined): Reading {
  return bytes === undefined
    ? { value: durationMs, unit: 'ms' }
    : { value: bytes / 1e3 / durationMs, unit: 'MB/s' }
}

/** Whether a value that came from somewhere is a reading. */
export function isReading(said: unknown): said is Reading {
  if (typeof said !== 'object' || said === null) return false
  const { value, unit } = said as Partial<Record<keyof Reading, unknown>>
  return typeof value === 'number' && Number.isFinite(value) && typeof unit === 'string'
}
