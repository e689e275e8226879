/** What of its machine and its network a peer puts at others' disposal. Nothing is limited by default. */
export interface Budget {
  /** Bits/s that this peer sends at most, to all others together. More than 0 */
  readonly uploadBitsPerSecond?: number | undefined
  /** Bits/s that it takes at most, from all others together. More than 0 */
  readonly downloadBitsPerSecond?: number | undefined
  /**
   * Bytes that a round may take beside the caller's own values: the copy for undo,
   * segments on their way, what codecs remember. Rounds that need more go on
   * without this peer. More than 0
   */
  readonly memoryBytes?: number | undefined
  /**
   * Whether this peer pays for what it sends: then it sends its own values and
   * nothing else that others can do for it. It owns no part of anybody's result.
   * Default false
   */
  readonly metered?: boolean | undefined
}
