import type { AllReduceResult } from '@daa-compute/allreduce'
import type { Counters } from '../counters.ts'
import type { Scenario } from '../scenario.ts'
import { Violation } from '../violation.ts'
import { checkAgreement } from './agreement.ts'
import { CallBook } from './call-book.ts'
import { Mean } from './mean.ts'
import { NothingLost } from './nothing-lost.ts'
import { Order } from './order.ts'
import type { Call, RoundRecord, Session } from './records.ts'
import { Validity } from './validity.ts'

/** Keeps every call and checks what has to hold of their outcomes. */
export interface Ledger {
  /** A peer joins the run. */
  join(session: Session): void
  begin(call: Call): void
  /** @throws {Violation} */
  resolved(call: Call, result: AllReduceResult, nowMs: number): void
  /** @throws {Violation} */
  rejected(call: Call, error: unknown, nowMs: number): void
  readonly calls: readonly Call[]
  readonly rounds: ReadonlyMap<string, RoundRecord>
  /**
   * What can only be said when everything is over.
   *
   * @throws {Violation}
   */
  finish(): void
}

export function createLedger(
  scenario: Scenario,
  protocol: { readonly RoundError: new (...args: never) => Error },
  counters: Counters
): Ledger {
  const calls = new CallBook()
  const rounds = new Map<string, RoundRecord>()
  const order = new Order(scenario, counters, calls)
  const nothingLost = new NothingLost(protocol.RoundError, calls)
  const validity = new Validity(new Mean(scenario), counters, calls)

  function resolved(call: Call, result: AllReduceResult, nowMs: number): void {
    call.endMs = nowMs
    call.outcome = 'resolved'
    call.settled = call.values.slice()
    call.recovered = result.recovered
    const { peer, liar } = call.voice
    if (result.recovered) counters.add('calls: that recover the round of an earlier one')
    if (result.values !== call.values) {
      throw new Violation('validity', `${peer} got another array than the one it gave`)
    }
    order.check(call, result)
    if (liar) return
    if (!result.participants.includes(peer)) {
      throw new Violation('validity', `${peer} has a result it did not take part in`)
    }
    const name = nameOf(result)
    const first = rounds.get(name)
    if (first === undefined) {
      const outliers = result.outliers && JSON.stringify(result.outliers)
      const record = { ...result, values: call.settled, outliers, calls: [call] }
      if (scenario.rule !== undefined) counters.add(`rounds by rule: ${scenario.rule}`)
      rounds.set(name, record)
      call.round = record
      counters.add('rounds: resolved')
      if (result.attempt >= 1) counters.add('rounds: in the second attempt or later')
      if (result.attempt >= 2) counters.add('rounds: in the third attempt or later')
      counters.add(`rounds by algorithm: ${result.algorithm}`)
      validity.check(record)
      return
    }
    call.round = first
    first.calls.push(call)
    checkAgreement(first, call, result)
  }

  function rejected(call: Call, error: unknown, nowMs: number): void {
    call.endMs = nowMs
    call.outcome = 'rejected'
    call.settled = call.values.slice()
    nothingLost.rejected(call, error)
    counters.add(`calls rejected: ${call.code}`)
  }

  return {
    join: (session) => order.join(session),
    begin: (call) => calls.add(call),
    resolved,
    rejected,
    calls: calls.all,
    rounds,
    finish() {
      nothingLost.finish()
      order.finish(rounds)
      // by now it is known what became of everybody's calls
      for (const round of rounds.values()) validity.check(round)
    }
  }
}

function nameOf({ lineage, sequence }: Pick<AllReduceResult, 'lineage' | 'sequence'>): string {
  return `${lineage} ${sequence}`
}
