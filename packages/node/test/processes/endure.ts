import { setTimeout as delay } from 'node:timers/promises'
import type { Resolved } from './orders.ts'
import { type Peer, startPeers, stopPeers } from './peers.ts'

export interface EnduranceInit {
  readonly peers: number
  readonly kills: number
  /** ms from a round without the last victim to the next kill. */
  readonly killAfterMs: number
  /** ms between two rounds. */
  readonly roundEveryMs: number
  /** Values of a round. */
  readonly length: number
}

export interface Endurance {
  /** Rounds that a survivor resolved with. */
  readonly rounds: number
  /** Rounds that two survivors resolved with different values, participants or attempts. */
  readonly conflicts: readonly string[]
  /** Survivors' calls that were rejected, by code. */
  readonly rejected: Readonly<Record<string, number>>
  /** ms from each kill until every survivor had a round without its victim. */
  readonly recoveriesMs: readonly number[]
  /** The last round of each survivor: all of them took part in it. */
  readonly last: readonly Resolved[]
}

/**
 * Rounds without end among many processes, of which some are killed one after
 * another, and what became of it.
 */
export async function endure(init: EnduranceInit): Promise<Endurance> {
  const { kills, length, killAfterMs, roundEveryMs: everyMs } = init
  const peers = await startPeers({ count: init.peers, options: { minPeers: 2 } })
  try {
    for (const [value, peer] of peers.entries()) {
      peer.order({ type: 'pace', length, value, everyMs })
    }
    const ledger = createLedger()
    const survivors = peers.slice(kills)
    const reach = (count: number): Promise<Resolved[]> =>
      Promise.all(survivors.map((peer) => roundOf(peer, count, ledger)))
    let last = await reach(peers.length)
    const recoveriesMs: number[] = []
    for (const [killed, victim] of peers.slice(0, kills).entries()) {
      // the rounds go on meanwhile; what is waited for is the time of the fault
      if (killAfterMs > 0) await delay(killAfterMs)
      victim.signal('SIGKILL')
      const since = performance.now()
      last = await reach(peers.length - killed - 1)
      recoveriesMs.push(performance.now() - since)
    }
    return { ...ledger.close(), recoveriesMs, last }
  } finally {
    await stopPeers(peers)
  }
}

/** The first of its rounds, from where it was last asked, with that many participants. */
async function roundOf(peer: Peer, count: number, ledger: Ledger): Promise<Resolved> {
  for (;;) {
    const round = await peer.outcome()
    ledger.note(round)
    if (round.type === 'resolved' && round.participants.length === count) return round
  }
}

type Ledger = ReturnType<typeof createLedger>

function createLedger(): {
  note(round: Awaited<ReturnType<Peer['outcome']>>): void
  close(): Pick<Endurance, 'rounds' | 'conflicts' | 'rejected'>
} {
  const outcomes = new Map<string, string>()
  const conflicts: string[] = []
  const rejected: Record<string, number> = {}
  return {
    note(round) {
      if (round.type === 'rejected') {
        rejected[round.code] = (rejected[round.code] ?? 0) + 1
        return
      }
      const name = `${round.lineage.slice(0, 8)}/${round.sequence}`
      const outcome = JSON.stringify([round.digest, round.attempt, round.participants])
      if ((outcomes.get(name) ?? outcome) !== outcome) conflicts.push(name)
      else outcomes.set(name, outcome)
    },
    close: () => ({ rounds: outcomes.size, conflicts, rejected })
  }
}
