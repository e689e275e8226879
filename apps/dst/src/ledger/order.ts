import type { AllReduceResult } from '@daa-compute/allreduce'
import type { PeerId } from '@daa-compute/interface'
import { latestOf } from '../configuration.ts'
import type { Counters } from '../counters.ts'
import type { Scenario } from '../scenario.ts'
import { Violation } from '../violation.ts'
import type { CallBook } from './call-book.ts'
import type { Call, RoundRecord, Session } from './records.ts'

/** A lineage that was given up for another, and the last round there. */
interface Departure {
  readonly peer: PeerId
  readonly lineage: string
  readonly sequence: number
  readonly atMs: number
}

/** Sequences of a peer increase, and lineages change only where they may. */
export class Order {
  readonly #scenario: Scenario
  readonly #counters: Counters
  readonly #calls: CallBook
  /** The last join of each peer. */
  readonly #sessions = new Map<PeerId, Session>()
  readonly #left: Departure[] = []
  /** Of each peer in each lineage. */
  readonly #lastSequence = new Map<string, number>()

  constructor(scenario: Scenario, counters: Counters, calls: CallBook) {
    this.#scenario = scenario
    this.#counters = counters
    this.#calls = calls
  }

  join(session: Session): void {
    this.#sessions.set(session.peer, session)
  }

  check(call: Call, result: AllReduceResult): void {
    const { session } = call
    const { peer } = call.voice
    const { lineage, sequence, attempt } = result
    if (session.lineage !== undefined && session.lineage !== lineage) {
      this.#counters.add('lineages: changed within a join')
      if (this.#scenario.onQuorumLoss !== 'fork' && !session.enterLate) {
        this.#left.push({
          peer,
          lineage: session.lineage,
          sequence: session.sequence,
          atMs: call.endMs
        })
        this.#checkEnd(session, session.lineage, result)
      }
    }
    const expected = session.sequence + 1
    if (!session.enterLate && sequence !== expected) {
      throw new Violation(
        'order',
        `${peer} may not enter late and has round ${sequence} where its next is round ${expected}`
      )
    }
    session.lineage = lineage
    session.sequence = sequence
    const key = `${peer} ${lineage}`
    const last = this.#lastSequence.get(key) ?? -1
    if (!(sequence > last && Number.isInteger(attempt) && attempt >= 0)) {
      throw new Violation('order', `${peer} has round ${sequence} after round ${last}`)
    }
    this.#lastSequence.set(key, sequence)
  }

  /**
   * A lineage is given up for another only when it is known to be over: no quorum of
   * it is left, though everybody who gave it up had stayed.
   */
  #checkEnd(session: Session, lineage: string, result: AllReduceResult): void {
    const { peer } = session
    const members = this.#lastMembers(session, lineage, result.participants)
    const alive = members.filter((member) => {
      const last = this.#sessions.get(member)
      return last?.open === true && last.configurations.has(lineage)
    })
    if (2 * alive.length <= members.length) return
    for (const member of members) {
      if (this.#calls.liars.has(member) || result.participants.includes(member)) continue
      const last = this.#sessions.get(member)
      // who has given it up itself does not go on with it
      if (last === undefined || !last.open || last.place() !== lineage) continue
      throw new Violation(
        'order',
        `${peer} has round ${result.sequence} in another lineage, though ${member} of its own may go on with that`
      )
    }
  }

  /** In the last configuration of a lineage that anybody in a round knew: who was left out of it goes by the others. */
  #lastMembers(
    session: Session,
    lineage: string,
    participants: readonly PeerId[]
  ): readonly PeerId[] {
    const sessions = [session, ...participants.flatMap((peer) => this.#sessions.get(peer) ?? [])]
    const known = sessions.flatMap(({ configurations }) => configurations.get(lineage) ?? [])
    return latestOf(known).get(lineage)?.members ?? []
  }

  /** Nobody goes on with a lineage that somebody knew to be over. */
  finish(rounds: ReadonlyMap<string, RoundRecord>): void {
    // a lineage is given up for another only when it cannot go on: it would be a fork;
    // what those who are dead by then have counted died with them
    for (const { peer, lineage, sequence, atMs } of this.#left) {
      const later = [...rounds.values()].find(
        (round) =>
          round.lineage === lineage &&
          round.sequence > sequence &&
          round.calls.some(({ endMs }) => endMs > atMs)
      )
      if (later === undefined) continue
      throw new Violation(
        'order',
        `${peer} left lineage ${lineage.slice(0, 8)} after round ${sequence}, and ${later.calls[0]?.voice.peer} has its round ${later.sequence}`
      )
    }
  }
}
