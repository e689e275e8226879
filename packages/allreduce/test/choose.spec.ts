import type { Hasher } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { Acceptor } from '../src/round/consensus/acceptor.ts'
import { type Choice, choose } from '../src/round/consensus/choose.ts'
import { toHex } from '../src/round/wire/digest.ts'
import type { Report } from '../src/round/wire/messages.ts'
import { type Proposal, standingProposal } from '../src/round/consensus/proposal.ts'
import { configOf, digestOf, membersOf, reportOf } from './round-fixtures.ts'

/** FNV-1a: quick, and good enough to tell a handful of values apart. */
const quickHasher: Hasher = {
  name: 'fnv',
  digestLength: 32,
  create() {
    let state = 0x811c9dc5
    return {
      update(bytes) {
        for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193) >>> 0
      },
      digest: () => new Uint8Array(new Uint32Array(8).fill(state).buffer)
    }
  }
}

const config = configOf(3)
const results = { A: digestOf(1), B: digestOf(2), C: digestOf(3) }
const retry: Proposal = {
  ...{ kind: 'retry', result: undefined, members: membersOf(2), culprit: undefined, reason: '' }
}
const commit = (result: Uint8Array | undefined): Proposal => ({
  ...standingProposal(config),
  result
})

type Choose = typeof choose
/** What happens to one acceptor, in order. */
type Happening =
  | { readonly type: 'hold' }
  | { readonly type: 'lack' }
  | { readonly type: 'promise'; readonly ballot: number }
  | { readonly type: 'propose'; readonly ballot: number; readonly proposal: Proposal }

interface Member {
  readonly past: readonly Happening[]
  /** What it has told the coordinator of each ballot. */
  readonly reports: ReadonlyMap<number, Report>
  /** What it has voted for, by ballot. */
  readonly votes: ReadonlyMap<number, string>
  readonly key: string
  /** Equal for members of equal keys and fates. */
  readonly id: number
}

interface State {
  readonly members: readonly Member[]
  /** What was proposed in each ballot but 0. */
  readonly proposals: ReadonlyMap<number, Proposal>
}

function keyOf(proposal: Proposal | undefined): string {
  if (proposal === undefined) return '-'
  return proposal.kind + (proposal.result === undefined ? '' : toHex(proposal.result).slice(0, 2))
}

/** Lives a member's past again, and what happens next. */
function live(past: readonly Happening[], held: Uint8Array | undefined): Member {
  const acceptor = new Acceptor(config, quickHasher)
  const reports = new Map<number, Report>()
  const votes = new Map<number, string>()
  for (const happening of past) {
    if (happening.type === 'hold') acceptor.held = held
    else if (happening.type === 'propose') acceptor.open(happening.ballot, happening.proposal)
    else if (happening.type === 'promise' && acceptor.promise(happening.ballot)) {
      const { accepted } = acceptor
      reports.set(
        happening.ballot,
        reportOf({
          accepted: accepted && { ballot: accepted.ballot, proposal: accepted.value },
          holds: acceptor.held
        })
      )
    }
    const accepted = acceptor.accept(happening.type === 'lack')
    if (accepted !== undefined) votes.set(accepted.ballot, keyOf(accepted.value))
  }
  const told = [...reports].map(
    ([ballot, { accepted, holds }]) =>
      `${ballot}:${accepted?.ballot}${keyOf(accepted?.proposal)}${holds !== undefined}`
  )
  const cast = [...votes].map(([ballot, value]) => `${ballot}:${value}`)
  const now = [acceptor.promised, acceptor.held !== undefined, keyOf(acceptor.proposal)]
  const key = [...now, ...told, ...cast].join()
  const fate = `${held?.[0]} ${key}`
  const id = ids.get(fate) ?? ids.size
  ids.set(fate, id)
  return { past, reports, votes, key, id }
}

const ids = new Map<string, number>()

/** Goes through every history, and returns what was chosen in any of them. */
function explore(destined: readonly (Uint8Array | undefined)[], choice: Choose): Set<string> {
  const blank = destined.map((held) => live([], held))
  const todo: State[] = [{ members: blank, proposals: new Map() }]
  const seen = new Set<string>()
  const outcomes = new Set<string>()
  const visit = (state: State): void => {
    // who of three equals it is does not matter
    const own = state.members.map(({ id }) => id).toSorted((a, b) => a - b)
    const key = `${own.join()} ${keyOf(state.proposals.get(1))} ${keyOf(state.proposals.get(2))}`
    if (seen.has(key)) return
    seen.add(key)
    todo.push(state)
  }
  for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
    const chosen = chosenIn(state)
    outcomes.add([...chosen].toSorted().join(' and '))
    for (const next of after(state, destined, choice)) visit(next)
  }
  return outcomes
}

function chosenIn({ members: [a, b, c] }: State): Set<string> {
  const chosen = new Set<string>()
  for (const ballot of [0, 1, 2]) {
    const votes = [a, b, c].map((member) => member?.votes.get(ballot))
    for (const [i, vote] of votes.entries()) {
      if (vote !== undefined && votes.indexOf(vote) !== i) chosen.add(vote)
    }
  }
  return chosen
}

function* after(
  { members, proposals }: State,
  destined: readonly (Uint8Array | undefined)[],
  choice: Choose
): Generator<State> {
  // what changes nothing leads to a state that was seen
  for (const [index, member] of members.entries()) {
    for (const happening of happenings(proposals)) {
      const own = step(member, happening, destined[index])
      yield { members: members.with(index, own), proposals }
    }
  }
  for (const ballot of [1, 2]) {
    if (proposals.has(ballot)) continue
    const heard = new Map(
      members.flatMap(({ reports }, rank) => {
        const report = reports.get(ballot)
        return report === undefined ? [] : [[rank, report] as const]
      })
    )
    if (heard.size < 2) continue
    // what those who have not promised have voted for is known, or is not
    for (const isKnown of heard.size < 3 ? [true, false] : [false]) {
      const mayHaveVoted: Parameters<Choose>[2] = (rank, at, proposal) => {
        const vote = members[rank]?.votes.get(at)
        return !isKnown || vote === undefined || vote === keyOf(proposal)
      }
      for (const proposal of candidates(choice(heard, 3, mayHaveVoted), heard)) {
        yield { members, proposals: new Map(proposals).set(ballot, proposal) }
      }
    }
  }
}

function* happenings(proposals: State['proposals']): Generator<Happening> {
  yield { type: 'hold' }
  yield { type: 'lack' }
  for (const ballot of [1, 2]) {
    const proposal = proposals.get(ballot)
    if (proposal === undefined) yield { type: 'promise', ballot }
    else yield { type: 'propose', ballot, proposal }
  }
}

/** One more thing happens to a member; what that leads to depends on nothing but its key. */
function step({ id, past }: Member, next: Happening, held: Uint8Array | undefined): Member {
  const what = 'proposal' in next ? keyOf(next.proposal) : ''
  const key = `${id} ${next.type} ${'ballot' in next ? next.ballot : ''} ${what}`
  const known = steps.get(key) ?? live([...past, next], held)
  steps.set(key, known)
  return known
}

const steps = new Map<string, Member>()

/** Whatever a coordinator may propose. */
function candidates(choice: Choice, heard: ReadonlyMap<number, Report>): readonly Proposal[] {
  if (choice.type === 'bound') return [choice.proposal]
  if (choice.type === 'unclear') return []
  const held = [...heard.values()].map(({ holds }) => holds).filter((h) => h !== undefined)
  const common = Object.values(results).filter((r) => held.filter((h) => h[0] === r[0]).length >= 2)
  return [retry, commit(undefined), ...common.map((result) => commit(result))]
}

const { A, B, C } = results
const casts: Record<string, readonly (Uint8Array | undefined)[]> = {
  'nobody holds a result': [undefined, undefined, undefined],
  'one holds it': [A, undefined, undefined],
  'two hold it': [A, A, undefined],
  'all hold it': [A, A, A],
  'two hold different ones': [A, B, undefined],
  'one holds another': [A, A, B],
  'each holds another': [A, B, C]
}

describe('three acceptors in ballots 0 to 2, in every order of what can happen,', () => {
  it.each(Object.keys(casts))('choose one value at most: %s', (name) => {
    const outcomes = explore(casts[name] ?? [], choose)
    expect([...outcomes].filter((outcome) => outcome.includes(' and '))).toEqual([])
    // a retry can be chosen, and nothing
    expect(outcomes.size).toBeGreaterThanOrEqual(2)
  })

  it('would choose two by a coordinator that feels free', () => {
    const outcomes = explore([A, A, undefined], () => ({ type: 'free' }))
    expect([...outcomes].some((outcome) => outcome.includes(' and '))).toBe(true)
  })

  it('would choose two by one that follows any vote of ballot 0 but the last ones', () => {
    const outcomes = explore([A, A, B], (reports) => {
      const last = [...reports.values()].findLast(({ accepted }) => accepted !== undefined)
      return last?.accepted === undefined
        ? { type: 'free' }
        : { type: 'bound', proposal: last.accepted.proposal }
    })
    expect([...outcomes].some((outcome) => outcome.includes(' and '))).toBe(true)
  })

  it('would choose two by one that takes a vote it has not heard for none', () => {
    const outcomes = explore([A, B, A], (reports, size) => choose(reports, size, () => false))
    expect([...outcomes].some((outcome) => outcome.includes(' and '))).toBe(true)
  })

  it('leaves a vote that was heard no doubt', () => {
    const reports = new Map(
      [A, B].map((result, rank) => [
        rank,
        reportOf({ accepted: { ballot: 0, proposal: commit(result) }, holds: result })
      ])
    )
    const choiceIf = (result: Uint8Array | undefined): Choice['type'] =>
      choose(
        reports,
        3,
        (_, __, proposal) => result === undefined || keyOf(commit(result)) === keyOf(proposal)
      ).type
    expect([undefined, A, B, C].map(choiceIf)).toEqual(['unclear', 'bound', 'bound', 'free'])
  })
})
