import type { Counters } from '../counters.ts'
import { Violation } from '../violation.ts'
import type { Call, RoundRecord } from './records.ts'

/** What a call is told that leaves open whether the others count the call, or says that they went on without it. */
const IN_DOUBT: ReadonlySet<string> = new Set([
  'OUTCOME_UNKNOWN',
  'QUORUM_LOST',
  'LEFT',
  'BEHIND',
  'aborted'
])

/** Whether a call was told for certain that it does not count in a round. */
export function isDenied({ outcome, code, round: own }: Call, round: RoundRecord): boolean {
  if (outcome === 'resolved') return own !== round
  if (outcome === 'pending') return false
  return !IN_DOUBT.has(code ?? '')
}

/** A call whose values count was not told that they do not, and counts once. */
export function checkCount(call: Call, round: RoundRecord, counters: Counters): void {
  if (!isDenied(call, round)) return
  const { peer } = call.voice
  if (call.outcome === 'rejected') {
    throw new Violation(
      'counted once',
      `${peer} was told ${call.code} and may call again, but round ${round.sequence} counts its values`
    )
  }
  // who may enter late says that its values are fit for any round
  if (call.session.enterLate) {
    counters.add('calls: late ones that count twice')
    return
  }
  // two lineages are two models: each may have the call
  if (call.round?.lineage !== round.lineage) {
    counters.add('calls: that count in two lineages')
    return
  }
  throw new Violation(
    'counted once',
    `the values of one call of ${peer} count in round ${round.sequence} and in round ${call.round?.sequence}`
  )
}
