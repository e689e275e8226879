/**
 * Mistakes that the tester has to notice; each is a change of the protocol's
 * sources that somebody might make by accident.
 */
import type { Mutant } from '../mutation.ts'
import { EXECUTOR_MUTANTS } from './executor.ts'
import { PROTOCOL_MUTANTS } from './protocol.ts'
import { RULE_MUTANTS } from './rules.ts'

export { STATE_MUTANTS } from './state.ts'

export const MUTANTS: readonly Mutant[] = [
  ...EXECUTOR_MUTANTS,
  ...PROTOCOL_MUTANTS,
  ...RULE_MUTANTS
]
