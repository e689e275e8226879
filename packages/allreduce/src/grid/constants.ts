/** Places along an axis at most: what the round protocol's cost per pair allows to be formed anew each time. */
export const MAX_GROUP_SIZE = 64

/** Axes of a grid at most: with groups of 2, room for a million peers needs 20. */
export const MAX_DIMENSIONS = 20

/** Longest name of a grid's run, in bytes: its groups' names are 24 longer. */
export const MAX_GRID_RUN_LENGTH = 96

/**
 * ms that those who are first in a cell wait for the others. Peers that call within
 * this time meet; a cell that has enough for a group waits a tenth of it.
 */
export const GATHER_MS = 2_000

/**
 * Share of that time for which a cell with enough for a group waits for more: with
 * one too many it becomes two groups of about the same size, and nobody is left over.
 */
export const SETTLE_SHARE = 0.1

/**
 * Share of a group's size by which a group may be larger, rounded up, where a cell has a
 * few too many: two groups of half the size mix half as well as one.
 */
export const EXCESS_SHARE = 0.25

/** Members of any group at most. */
export const MAX_MATCHED: number = MAX_GROUP_SIZE * (1 + EXCESS_SHARE)

/** Groups that a cell becomes at most; with as many peers it waits no longer. */
export const MAX_GROUPS_PER_CELL = 8

/** ms beyond that, and a round trip, after which a matchmaker is taken for dead. */
export const MATCHMAKER_GRACE_MS = 1_000

/** Peers that are asked, one after another, to bring a cell together. */
export const MATCHMAKERS = 3

/** Peers that are asked how far the others are, before each step, and answers that are enough. */
export const PROBES = 3
export const PROBE_ANSWERS = 2

/** Cells that one peer brings together at a time; with as many matchmakers as peers it is one or two. */
export const MAX_CELLS = 1_024

/** Longest name of a cell, in bytes: a number of two digits for each axis. */
export const MAX_CELL_LENGTH: number = 3 * MAX_DIMENSIONS

/** Largest number of a step on the wire. */
export const MAX_STEP: number = 2 ** 48

/**
 * Steps by which others may be ahead to be believed: 30 years of one a minute. Who
 * lies about it makes all skip steps, but would have to 2^24 times to use them up.
 */
export const MAX_LEAP: number = 2 ** 24
