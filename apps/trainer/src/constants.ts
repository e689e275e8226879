/** Pixels of one digit: 28 by 28, row by row, each from 0 (paper) to 1 (ink). */
export const PIXELS = 784

/** Rows and columns of one digit. */
export const SIDE = 28

/** Classes: the digits 0 to 9. */
export const CLASSES = 10

/**
 * Units of the hidden layer. 128 is the usual small network for these digits;
 * it makes 101,770 parameters, 398 KiB of gradient in each round.
 */
export const HIDDEN = 128

/** Every how manyeth digit is held out for the test: 2,000 of the 10,000. */
export const TEST_EVERY = 5

/**
 * Seed of the order in which digits are held out. Not an option: accuracies of
 * different peers and runs are comparable only if all are tested on the same.
 */
export const SPLIT_SEED = 20_000

/**
 * Steps of a run. The accuracy of four peers at 64 examples a step is flat from
 * about here on.
 */
export const DEFAULT_STEPS = 600

/** Examples of one peer's gradient. */
export const DEFAULT_BATCH = 64

/** Highest step size of Adam; it falls to zero smoothly over the run. */
export const LEARNING_RATE = 0.008

/**
 * The same for gradients of which most values are sent rarely and then in large
 * sums. Adam divides by the root of the mean square, and that of a sum that comes
 * every T steps is √T times the mean: with the other rate it would be too slow.
 */
export const SPARSE_LEARNING_RATE = 0.04

/**
 * The same for gradients that a rule aggregates. Peers then bring running means, whose
 * squares are some 20 times smaller than those of gradients: so Adam divides by less.
 */
export const ROBUST_LEARNING_RATE = 0.002

/** Adam's decay rates and guard against division by zero, as its paper has them. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const

/** Largest shift of a digit in a training batch, in pixels, each way. */
export const MAX_SHIFT = 1

/** Steps between two tests while training: often enough for a progress bar, 1% of the time. */
export const TEST_INTERVAL = 50

/**
 * How long leaving the run may take before the process ends anyway, in ms: a
 * peer that cannot say goodbye is found missing by the others all the same.
 */
export const LEAVE_TIMEOUT_MS = 3_000

/**
 * How long the launcher waits for a process to end before it kills it, in ms:
 * one that has not ended by itself after {@link LEAVE_TIMEOUT_MS} is stopped or
 * spins.
 */
export const KILL_TIMEOUT_MS = 4_000

/**
 * How long a peer waits for others that have gone before it gives up, in ms: a
 * connection that was lost is back by then, a peer that left is not.
 */
export const GONE_TIMEOUT_MS = 10_000

/** How long a peer that is left with too few waits for the try under way to end, in ms. */
export const LOOK_AGAIN_MS = 250

/**
 * How long a peer waits for its first round before it says what may be wrong, in
 * ms: peers that are started one after another find each other sooner.
 */
export const HINT_AFTER_MS = 10_000

/**
 * How long the launcher waits to hear of a signal that has ended a child, in ms:
 * both got it at once, and only the order in which they noticed is open.
 */
export const HEARSAY_MS = 500

/** Longest name of a run, in bytes: a run's id has 128, and the fingerprint is in it, too. */
export const MAX_RUN_NAME_LENGTH = 100

/** Tries at one round whose outcome cannot be learnt before a peer gives up. */
export const MAX_TRIES = 10

/** ms that a peer which has taken its last step stays for others that fetch its state. */
export const SERVE_OUT_MS = 5_000

/** What `--chaos` does. */
export const CHAOS = {
  /** Which numbers of the seed it goes by; the streams before it are those of batches. */
  stream: 1_000,
  /** Bounds of the pause from the last victim's return to the next fault, as shares of all steps. */
  minPause: 0.02,
  maxPause: 0.06,
  /**
   * Share of the steps after which there are no faults: who is killed then is back after
   * a few seconds, in which the others go on, and its digits have to be learnt anew.
   */
  until: 0.5,
  /** Bounds of the time until a killed peer is started again, ms. */
  downMs: [300, 1_500],
  /** Bounds of the time for which a peer is stopped, ms: it is waited for. */
  frozenMs: [300, 1_500],
  /**
   * Least time for which one peer is stopped so that it is not waited for, ms: three times
   * that after which a silent one is suspected. Less only where the steps are over too soon.
   */
  longFrozenMs: 6_000,
  /** Fewest steps that the others take without it: the round that it was in may count it still. */
  missedSteps: 3,
  /** Peers that it takes at least: without one of them, the others are a majority. */
  minPeers: 3,
  /** Most that the accuracy may differ from that of the same training without faults. */
  tolerance: 0.008,
  /**
   * The same of gradients that arrive over many steps: the digits of who comes back are
   * learnt anew a hundredth of a gradient at a time, and what a killed peer owed is lost.
   */
  lateTolerance: 0.025
} as const

/** Fewest peers that a run of the command line goes on with, unless told otherwise. */
export const DEFAULT_MIN_PEERS = 2
