import type { PeerId } from '@daa-compute/interface'
import type { QuorumDecider } from './round/quorum-decider.ts'
import type { RunExplanation } from './run.ts'

export interface RunView {
  readonly state: RunExplanation['state']
  readonly decider: QuorumDecider
  /** Peers that can be reached. */
  readonly up: readonly PeerId[]
  /** Peers that are known but not reached, and what the last try said. */
  readonly unreachable: ReadonlyMap<PeerId, string>
}

/** What a run is doing and who it waits for. */
export function explainRun({ state: phase, decider, up, unreachable }: RunView): RunExplanation {
  const state = phase === 'reducing' && decider.isVoting ? 'deciding' : phase
  const { slot, place } = decider
  const { sequence, attempt } = slot?.config ?? { ...place, attempt: 0 }
  const members = slot?.config.members.map(({ peer }) => peer) ?? []
  const awaited = decider.awaited()
  const reasons = Array.from(awaited, ([peer, why]) => `${peer} (${why})`)
  const waiting = reasons.length > 0 ? `, waiting for ${reasons.join(', ')}` : ''
  const group = slot === undefined ? 'no group yet' : `a group of ${members.length}`
  return {
    state,
    sequence,
    attempt,
    up,
    members,
    awaited: Object.fromEntries(awaited),
    unreachable: Object.fromEntries(unreachable),
    summary: `${state} round ${sequence} (attempt ${attempt}), ${group}, ${up.length} peers up${waiting}`
  }
}
