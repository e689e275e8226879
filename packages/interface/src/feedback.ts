/**
 * What lossy encoding has lost of one peer's values, to be made up for in the
 * next round: error feedback (Seide et al. 2014; Karimireddy et al. 2019).
 *
 * There is a residual per layout, of the units of the caller's values. A round
 * takes `values + residual` for the peer's values, and what its encodings lose
 * of them, or of partial sums and results that this peer encodes, becomes the
 * residual of the next. Nothing of it is kept unless the round counts.
 */
export interface ErrorFeedback {
  /**
   * Begins a try at a round. One before it of the same layout that has not been
   * committed is given up.
   *
   * @param layout names the tensor: residuals of different layouts have nothing
   * to do with each other
   * @param length elements of the tensor; a residual of another length is forgotten
   */
  begin(layout: string, length: number): FeedbackRound

  /** Forgets the residual of a layout, or all of them. */
  forget(layout?: string): void
}

/** One try at a round. */
export interface FeedbackRound {
  /** Adds the residual of the elements from `start` on to `values`, in place. */
  add(values: Float32Array, start: number): void

  /**
   * The new residual of the elements from `start` on is `(meant - sent) * factor`;
   * 0 where that is not finite. It has no effect on {@link add}.
   *
   * @param meant what was to be encoded
   * @param sent what its bytes decode to
   * @param factor from the encoded values' units to the caller's
   */
  keep(meant: Float32Array, sent: Float32Array, start: number, factor: number): void

  /** The round counts: what was kept is the residual from now on. */
  commit(): void

  /** It does not: the residual is what it was before. Without effect after {@link commit}. */
  rollback(): void
}
