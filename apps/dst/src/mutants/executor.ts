import type { Mutant } from '../mutation.ts'

/** Mistakes in how values move and add up. */
export const EXECUTOR_MUTANTS: readonly Mutant[] = []
