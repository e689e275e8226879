import type { PeerId } from '@daa-compute/interface'
import type { CallBook } from './call-book.ts'
import type { Call, RoundRecord } from './records.ts'

/** What an earlier call may have been told whose values count in a recovered round. */
const RECOVERABLE: ReadonlySet<string> = new Set(['OUTCOME_UNKNOWN', 'QUORUM_LOST', 'aborted'])

/** Calls of one peer, before the last, of which one may count in a round. */
export const MAX_CANDIDATES = 12

/**
 * Calls whose values may be a participant's contribution to a round: a caller
 * that was left in doubt may be given the result with a later call.
 */
export function candidates(calls: CallBook, round: RoundRecord, peer: PeerId): Call[] {
  const own = round.calls.find(({ voice }) => voice.peer === peer)
  if (own !== undefined && !own.recovered) return [own]
  const untilMs = own?.startMs ?? Math.min(...round.calls.map(({ endMs }) => endMs))
  const possible: Call[] = []
  const all = calls.of(peer)
  for (let i = all.length - 1; i >= 0 && possible.length < MAX_CANDIDATES; i--) {
    const call = all[i] as Call
    if (call.startMs > untilMs) continue
    if (call === own) continue
    if (call.outcome === 'resolved') {
      const { lineage, sequence } = call.round ?? round
      // before it, nothing was open any more; but its own values may be in both
      if (lineage === round.lineage && sequence < round.sequence) break
    }
    // a recovered round is one that an earlier call could not learn the end of
    if (own === undefined || RECOVERABLE.has(call.code ?? '')) possible.push(call)
  }
  return possible
}
