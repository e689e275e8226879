/**
 * Time, from outside.
 *
 * Protocol code never touches `Date` or a timer of the platform: it takes a
 * clock, so that a simulation can own time and replay it.
 */
export interface Clock {
  /** Milliseconds since an arbitrary moment; never runs backwards. */
  now(): number

  /**
   * Calls back once, `delayMs` milliseconds from now or as soon after as
   * possible, never before this call has returned. A negative delay is zero.
   *
   * @returns a function that cancels the call; harmless once it has happened
   */
  schedule(delayMs: number, callback: () => void): () => void
}
