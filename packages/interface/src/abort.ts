/** The last parameter of everything that takes time. */
export interface AbortOptions {
  /**
   * Gives up waiting. The promise then rejects with `signal.reason`, and what
   * the call had taken (a stream, a timer, a buffer) is released.
   */
  readonly signal?: AbortSignal | undefined
}
