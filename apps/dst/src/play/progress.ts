import { type Configuration, latestOf } from '../configuration.ts'
import type { Life } from './stage.ts'
import type { Scenario } from '../scenario.ts'

/**
 * Whether those who live must get further rounds once everything is well again:
 * a quorum of a configuration is among them, and enough of them. In a scenario that is
 * harsh on a state, not: there every call only has to settle.
 *
 * A life counts as a member only if it says so itself; what others say of its
 * peer may be about an earlier life.
 *
 * @param decided configurations that were decided, whether their members know it or not
 * @param isUnclear whether only members that are gone could tell which of several results
 * of a configuration counts
 */
export function isProgressOwed(
  scenario: Scenario,
  lives: readonly Life[],
  decided: Iterable<Configuration>,
  isUnclear: (configuration: Configuration) => boolean
): boolean {
  if (scenario.state?.isHarsh === true) return false
  const well = lives.filter(
    (life) => life.state === 'alive' && !life.liar && !hasBrokenWithLiar(life, lives)
  )
  if (well.length < scenario.minPeers) return false
  // whoever is cut off for good goes on in a lineage of its own
  if (scenario.onQuorumLoss === 'fork') return true
  // who lies stays in a configuration all the same, and others wait for that
  const members = lives.filter(
    ({ state, configuration }) => state === 'alive' && configuration !== undefined
  )
  // nobody is bound to others that may be dead
  if (members.length === 0) return true
  const honest = members.filter(({ liar }) => !liar)
  // whom a liar has led out of a configuration is no more help to it
  const isMisled = members.length > honest.length
  const present = honest.filter(({ run }) => !isMisled || (run?.explain().members.length ?? 0) > 0)
  const latest = latestOf([...configurationsOf(lives), ...decided])
  // what only the dead knew has to be found out by a quorum of the one before
  const known = latestOf(configurationsOf(honest))
  return members.every(({ configuration }) => {
    const { lineage = '' } = configuration ?? {}
    const needed = [latest.get(lineage), known.get(lineage)]
    return needed.every((one) => one !== undefined && hasQuorum(one, present) && !isUnclear(one))
  })
}

function configurationsOf(lives: readonly Life[]): Configuration[] {
  return lives.flatMap(({ configuration }) => configuration ?? [])
}

/**
 * Whether a peer and one that lies will have nothing to do with each other any
 * more: as long as the others know nothing against that one, it cannot be in their group.
 */
export function hasBrokenWithLiar(life: Life, lives: readonly Life[]): boolean {
  return lives.some(
    ({ liar, state, peer, run }) =>
      liar &&
      state === 'alive' &&
      !(life.run?.members.includes(peer) === true && run?.members.includes(life.peer) === true)
  )
}

function hasQuorum({ lineage, members }: Configuration, others: readonly Life[]): boolean {
  const there = others.filter(
    (other) => other.configuration?.lineage === lineage && members.includes(other.peer)
  )
  return 2 * there.length > members.length
}
