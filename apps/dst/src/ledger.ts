import { DaaError, type PeerId } from '@daa-compute/interface'
import type { AllReduceResult } from '@daa-compute/allreduce'
import { STEP_ERROR } from './codecs.ts'
import type { Counters } from './counters.ts'
import { expectedBy, type RuleName } from './rules.ts'
import type { Scenario } from './scenario.ts'
import { Violation } from './violation.ts'

/** One process life of a peer, as far as the ledger is concerned. */
export interface Voice {
  readonly peer: PeerId
  /** Which of all lives of the scenario, from 0. */
  readonly number: number
  /** It sends bad bytes: what it gets is its own affair. */
  readonly liar: boolean
}

/** One call of `allReduce`. */
export interface Call {
  readonly voice: Voice
  /** The join it was made in: lineages belong to that. */
  readonly session: Session
  /** What was given: the array itself, to see whether somebody writes into it. */
  readonly values: Float32Array
  /** What was in it. */
  readonly contribution: Float32Array
  readonly weight: number
  readonly startMs: number
  endMs: number
  /** What it was aborted with, if it was. */
  readonly signal: AbortSignal
  outcome: 'pending' | 'resolved' | 'rejected'
  /** Code of the error, `aborted` for the signal's reason. */
  code: string | undefined
  /** What is in the array since it has settled. */
  settled: Float32Array | undefined
  round: RoundRecord | undefined
  /** Whether its result says that an earlier call's values count instead of its own. */
  recovered: boolean
}

/** One join of a run, until it is left. */
export interface Session {
  readonly enterLate: boolean
  lineage: string | undefined
  /** Of the last round that it resolved; -1 before the first. */
  sequence: number
  readonly peer: PeerId
  /** Configurations it was in: the last members that it knew of each lineage. */
  readonly configurations: Map<string, readonly PeerId[]>
  /** Lineage of the configuration it is in, if it is in one. */
  place(): string | undefined
  /** Whether it has not been left; a crash leaves nothing. */
  open: boolean
}

/** What the first one to resolve a round had. */
export interface RoundRecord {
  readonly lineage: string
  readonly sequence: number
  readonly attempt: number
  readonly participants: readonly PeerId[]
  readonly values: Float32Array
  /** What is said of contributions by a rule, once somebody says it. */
  outliers: string | undefined
  readonly calls: Call[]
}

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

/** Codes an all-reduce may reject with when its input is good and the peers are not to blame. */
const DOCUMENTED_CODES: ReadonlySet<string> = new Set([
  'LEFT',
  'NOT_ENOUGH_PEERS',
  'QUORUM_LOST',
  'OUTCOME_UNKNOWN',
  'BEHIND',
  'ABORTED'
])

/** Of these, what leaves open whether the others count the call, or says that they went on without it. */
const IN_DOUBT: ReadonlySet<string> = new Set([
  'OUTCOME_UNKNOWN',
  'QUORUM_LOST',
  'LEFT',
  'BEHIND',
  'aborted'
])

/** Of these, what an earlier call may have been told whose values count in a recovered round. */
const RECOVERABLE: ReadonlySet<string> = new Set(['OUTCOME_UNKNOWN', 'QUORUM_LOST', 'aborted'])

/** Calls of one peer, before the last, of which one may count in a round. */
const MAX_CANDIDATES = 12

/** Ways to pair participants with calls that are tried before a check is given up. */
const MAX_PAIRINGS = 200_000

export function createLedger(
  scenario: Scenario,
  protocol: { readonly RoundError: new (...args: never) => Error },
  counters: Counters
): Ledger {
  const calls: Call[] = []
  const callsOf = new Map<PeerId, Call[]>()
  const sessions = new Map<PeerId, Session>()
  const liars = new Set<PeerId>()
  const rounds = new Map<string, RoundRecord>()
  /** Lineages that were given up for others, and the last round there. */
  const left: { peer: PeerId; lineage: string; sequence: number; atMs: number }[] = []
  const lastSequence = new Map<string, number>()

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
    checkOrder(call, result)
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
      checkValues(record)
      return
    }
    call.round = first
    first.calls.push(call)
    checkAgreement(first, call, result)
  }

  function checkOrder(call: Call, result: AllReduceResult): void {
    const { session } = call
    const { peer } = call.voice
    const { lineage, sequence, attempt } = result
    if (session.lineage !== undefined && session.lineage !== lineage) {
      counters.add('lineages: changed within a join')
      if (scenario.onQuorumLoss !== 'fork' && !session.enterLate) {
        left.push({ peer, lineage: session.lineage, sequence: session.sequence, atMs: call.endMs })
        checkEnd(session, session.lineage, result)
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
    const last = lastSequence.get(key) ?? -1
    if (!(sequence > last && Number.isInteger(attempt) && attempt >= 0)) {
      throw new Violation('order', `${peer} has round ${sequence} after round ${last}`)
    }
    lastSequence.set(key, sequence)
  }

  /**
   * A lineage is given up for another only when it is known to be over: no quorum of
   * it is left, though everybody who gave it up had stayed.
   */
  function checkEnd(
    { peer, configurations }: Session,
    lineage: string,
    result: AllReduceResult
  ): void {
    const members = configurations.get(lineage) ?? []
    const alive = members.filter((member) => {
      const last = sessions.get(member)
      return last?.open === true && last.configurations.has(lineage)
    })
    if (2 * alive.length <= members.length) return
    for (const member of members) {
      if (liars.has(member) || result.participants.includes(member)) continue
      const last = sessions.get(member)
      // who has given it up itself does not go on with it
      if (last === undefined || !last.open || last.place() !== lineage) continue
      throw new Violation(
        'order',
        `${peer} has round ${result.sequence} in another lineage, though ${member} of its own may go on with that`
      )
    }
  }

  function checkAgreement(first: RoundRecord, call: Call, result: AllReduceResult): void {
    const [other] = first.calls
    const who = `${call.voice.peer} and ${other?.voice.peer}, round ${result.sequence},`
    if (first.attempt !== result.attempt) {
      throw new Violation(
        'agreement',
        `${who} in attempts ${result.attempt} and ${first.attempt}: ${result.participants.join(' ')} / ${first.participants.join(' ')}`
      )
    }
    if (first.participants.join(' ') !== result.participants.join(' ')) {
      throw new Violation(
        'agreement',
        `${who} with ${result.participants.join(' ')} and with ${first.participants.join(' ')}`
      )
    }
    // who was handed the result has none
    const outliers = result.outliers && JSON.stringify(result.outliers)
    if (outliers !== undefined && outliers !== (first.outliers ??= outliers)) {
      throw new Violation('agreement', `${who} say ${outliers} and ${first.outliers} of outliers`)
    }
    const index = differentBits(first.values, call.values)
    if (index !== -1) {
      throw new Violation(
        'agreement',
        `${who} have ${call.values[index]} and ${first.values[index]} at index ${index}`
      )
    }
  }

  function rejected(call: Call, error: unknown, nowMs: number): void {
    call.endMs = nowMs
    call.outcome = 'rejected'
    call.settled = call.values.slice()
    const { peer, liar } = call.voice
    const index = differentBits(call.values, call.contribution)
    if (index !== -1) {
      throw new Violation(
        'nothing lost',
        `${peer} is told ${String(error)} and finds ${call.values[index]} at index ${index}, where it had ${call.contribution[index]}`
      )
    }
    if (call.signal.aborted && error === call.signal.reason) {
      call.code = 'aborted'
    } else {
      if (!(error instanceof protocol.RoundError && error instanceof DaaError)) {
        throw new Violation('nothing lost', `${peer} is told ${describe(error)}`)
      }
      call.code = error.code as string
      // a liar may bring something else than it does
      const isMisled = call.code === 'REQUEST_MISMATCH' && liars.size > 0
      if (!DOCUMENTED_CODES.has(call.code) && !isMisled && !liar) {
        throw new Violation('nothing lost', `${peer} is told ${call.code}: ${error.message}`)
      }
    }
    counters.add(`calls rejected: ${call.code}`)
  }

  /**
   * Calls whose values may be a participant's contribution to a round: a caller
   * that was left in doubt may be given the result with a later call.
   */
  function candidates(round: RoundRecord, peer: PeerId): Call[] {
    const own = round.calls.find(({ voice }) => voice.peer === peer)
    if (own !== undefined && !own.recovered) return [own]
    const untilMs = own?.startMs ?? Math.min(...round.calls.map(({ endMs }) => endMs))
    const possible: Call[] = []
    const all = callsOf.get(peer) ?? []
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

  /** Whether the values are the mean of some call of each participant; throws if they are of none. */
  function checkValues(round: RoundRecord): void {
    if (round.calls.some(({ voice }) => voice.liar)) return
    // who lies inside a ring can alter its partial sums unseen
    if (round.participants.some((peer) => liars.has(peer))) return
    const options = round.participants.map((peer) => candidates(round, peer))
    const silent = options.findIndex((list) => list.length === 0)
    if (silent !== -1) {
      throw new Violation(
        'validity',
        `${round.participants[silent]} is a participant of round ${round.sequence} and made no call that may count in it`
      )
    }
    // a lossy codec may let several pairings pass: what may be is preferred to what may not
    const likely = options.map((list) => list.filter((call) => !isDenied(call, round)))
    const isLikely = likely.every((list) => list.length > 0)
    const pairing =
      (isLikely ? findPairing(round, likely) : undefined) ?? findPairing(round, options)
    if (pairing === undefined && options.some(({ length }) => length === MAX_CANDIDATES)) {
      // who learns late what was decided may have it from a call that many others came after
      counters.add('checks: given up for too many calls')
      return
    }
    if (pairing === undefined) {
      const [call] = round.calls
      throw new Violation(
        'validity',
        `the values of ${call?.voice.peer}, round ${round.sequence}, are not the mean of ${round.participants.join(' ')}: ${[...round.values.subarray(0, 4)].join(' ')} …, not ${expectedOf(options).join(' ')} …`
      )
    }
    if (pairing === 'too many') {
      counters.add('checks: given up for too many pairings')
      return
    }
    for (const call of pairing) checkCount(call, round)
  }

  /** A call whose values count was not told that they do not, and counts once. */
  function checkCount(call: Call, round: RoundRecord): void {
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

  function expectedOf(options: readonly (readonly Call[])[]): number[] {
    const first = options.flatMap(([call]) => (call === undefined ? [] : [call]))
    return Array.from({ length: Math.min(4, scenario.length) }, (_, i) => mean(first, i))
  }

  function findPairing(
    round: RoundRecord,
    options: readonly (readonly Call[])[]
  ): readonly Call[] | 'too many' | undefined {
    const total = options.reduce((product, list) => product * list.length, 1)
    if (total > MAX_PAIRINGS) return 'too many'
    for (let number = 0; number < total; number++) {
      let rest = number
      const pairing = options.map((list) => {
        const call = list[rest % list.length] as Call
        rest = Math.floor(rest / list.length)
        return call
      })
      if (isMean(round.values, pairing)) return pairing
    }
    return undefined
  }

  function isMean(values: Float32Array, pairing: readonly Call[]): boolean {
    const error = tolerance(pairing)
    if (scenario.rule !== undefined) return isByRule(scenario.rule, values, pairing, error)
    for (const [i, value] of values.entries()) {
      if (!(Math.abs(value - mean(pairing, i)) <= error)) return false
    }
    return true
  }

  /** Whether the values are what the rule makes of the calls that weigh something. */
  function isByRule(
    rule: RuleName,
    values: Float32Array,
    pairing: readonly Call[],
    error: number
  ): boolean {
    const counting = pairing.filter(({ weight }) => weight > 0)
    const rows = counting.map(({ contribution }) => contribution)
    const isExact = STEP_ERROR[scenario.codec] === 0
    if (isExact || rule === 'median' || rule === 'trimmedMean') {
      const expected = expectedBy(rule, rows)
      return values.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= 2 * error)
    }
    // by a lossy codec distances change, and with them what is chosen: but from among these
    return values.every((value, i) => {
      const column = rows.map((row) => row[i] ?? 0)
      return value >= Math.min(...column) - error && value <= Math.max(...column) + error
    })
  }

  function tolerance(pairing: readonly Call[]): number {
    const largest = Math.max(1, ...pairing.map(({ contribution }) => magnitude(contribution)))
    // sums are exact; the mean is rounded
    const rounding = largest * 2 ** -22
    const step = STEP_ERROR[scenario.codec]
    if (step === 0) return rounding
    // a lossy codec errs once per hop, relative to the partial sum it encodes: at
    // most the sum of all; each error is part of what is encoded next
    const hops = 2 * pairing.length
    return rounding + largest * step * hops * (1 + step) ** hops
  }

  function finish(): void {
    for (const call of calls) {
      if (call.settled === undefined) continue
      const index = differentBits(call.settled, call.values)
      if (index !== -1) {
        throw new Violation(
          'nothing lost',
          `the array of ${call.voice.peer}, ${call.outcome} at ${call.endMs.toFixed(1)} ms, was written to afterwards`
        )
      }
    }
    // a lineage is given up for another only when it cannot go on: it would be a fork;
    // what those who are dead by then have counted died with them
    for (const { peer, lineage, sequence, atMs } of left) {
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
    // by now it is known what became of everybody's calls
    for (const round of rounds.values()) checkValues(round)
  }

  function begin(call: Call): void {
    const { peer, liar } = call.voice
    if (liar) liars.add(peer)
    calls.push(call)
    const own = callsOf.get(peer)
    if (own === undefined) callsOf.set(peer, [call])
    else own.push(call)
  }

  function join(session: Session): void {
    sessions.set(session.peer, session)
  }

  return { join, begin, resolved, rejected, calls, rounds, finish }
}

/** Whether a call was told for certain that it does not count in a round. */
function isDenied({ outcome, code, round: own }: Call, round: RoundRecord): boolean {
  if (outcome === 'resolved') return own !== round
  if (outcome === 'pending') return false
  return !IN_DOUBT.has(code ?? '')
}

function nameOf({ lineage, sequence }: Pick<AllReduceResult, 'lineage' | 'sequence'>): string {
  return `${lineage} ${sequence}`
}

function mean(calls: readonly Call[], index: number): number {
  let sum = 0
  let weights = 0
  for (const { contribution, weight } of calls) {
    sum += (contribution[index] ?? 0) * weight
    weights += weight
  }
  return sum / weights
}

function magnitude(values: Float32Array): number {
  let largest = 0
  for (const value of values) largest = Math.max(largest, Math.abs(value))
  return largest
}

/** Index of the first element whose bits differ, or -1. */
function differentBits(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length)
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length)
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return i
  return -1
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
