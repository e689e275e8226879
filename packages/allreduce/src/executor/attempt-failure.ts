import type { PeerId } from '@daa-compute/interface'

/**
 * Why an attempt cannot go on, as the parts of an attempt tell each other. What
 * the caller of a round gets is a `RoundError` made from it.
 */
export class AttemptFailure extends Error {
  override readonly name: string = 'AttemptFailure'
  /** The peer at fault, where one is known. */
  readonly culprit: PeerId | undefined

  constructor(reason: string, culprit?: PeerId, options?: ErrorOptions) {
    super(reason, options)
    this.culprit = culprit
  }
}
