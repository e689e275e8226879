/**
 * Layouts of which the residuals are kept, each twice the memory of its values.
 * A training reduces one or a few kinds of tensor over and over; who brings ever
 * new ones must not run out of memory.
 */
export const MAX_RESIDUAL_LAYOUTS = 16
