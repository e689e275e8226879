import type { Mutant } from '../mutation.ts'

/** Mistakes in how rounds are agreed on. */
export const PROTOCOL_MUTANTS: readonly Mutant[] = []
