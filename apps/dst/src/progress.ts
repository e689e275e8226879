import type { Ledger, RoundRecord } from './ledger.ts'
import type { Life } from './life.ts'
import type { Scenario } from './scenario.ts'

/**
 * Whether those who live must get further rounds once everything is well again:
 * a quorum of their configuration is among them, and `minPeers`.
 *
 * A configuration is not seen from outside, so this takes the worst case: the
 * participants of the last round are in it, and so is every life that has ended
 * and was none of them.
 */
export function isProgressOwed(
  scenario: Scenario,
  ledger: Ledger,
  lives: readonly Life[]
): boolean {
  const well = lives.filter(({ state, liar }) => state === 'alive' && !liar)
  if (well.length < scenario.minPeers) return false
  const last = lastRound(ledger)
  const members = new Set(last?.calls.map(({ voice }) => voice.number))
  const survivors = last === undefined ? well : well.filter(({ number }) => members.has(number))
  const ended = lives.filter((life) => !well.includes(life) && !members.has(life.number)).length
  const size = (last?.participants.length ?? well.length) + ended
  return 2 * survivors.length > size
}

/** The round that resolved last at somebody. */
function lastRound(ledger: Ledger): RoundRecord | undefined {
  let last: RoundRecord | undefined
  for (const round of ledger.rounds.values()) {
    if (last === undefined || startOf(round) > startOf(last)) last = round
  }
  return last
}

function startOf({ calls }: RoundRecord): number {
  return Math.max(...calls.map(({ endMs }) => endMs))
}
