/** The promises that are checked. */
export type Invariant =
  /** Whoever resolves a round has the same values, participants and attempt. */
  | 'agreement'
  /** The values are the weighted mean of exactly the participants' contributions. */
  | 'validity'
  /** A rejected call leaves the values alone and says why, in a documented way. */
  | 'nothing lost'
  /** A contribution counts once, and its call says so or leaves it open. */
  | 'counted once'
  /** Every call settles; a quorum gets its rounds once the network is well again. */
  | 'progress'
  /** Sequences of a peer increase; lineages change only where they may. */
  | 'order'
  /** Nothing is left behind: no timer, no channel, no promise nobody looks at. */
  | 'tidiness'
  /** Honest peers never expel each other. */
  | 'isolation'
  /** States of one revision are the same bytes, whenever somebody has one. */
  | 'one state'
  /** A state never goes back in its lineage. */
  | 'forward'
  /** Whoever takes part in averaging states has the same of it. */
  | 'one merge'

/** A promise that was broken. */
export class Violation extends Error {
  override readonly name: string = 'Violation'
  readonly invariant: Invariant

  constructor(invariant: Invariant, message: string) {
    super(message)
    this.invariant = invariant
  }
}
