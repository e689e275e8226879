import { StateError } from '../errors.ts'
import type { Revision } from '../shared-state.ts'

/** Whether a revision comes before another one of the same lineage. */
export function isBefore(a: Revision, b: Revision): boolean {
  return a.lineage === b.lineage && a.sequence < b.sequence
}

export function backward(from: Revision, to: Revision): StateError {
  return new StateError(
    'BACKWARD',
    `the state is at revision ${from.sequence}, and ${to.sequence} of the same lineage lies before it: states do not go backwards. To begin again from an old one, begin a new run`,
    { from, to }
  )
}
