import type { Hasher } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { Acceptor } from '../src/round/acceptor.ts'
import { type Choice, choose } from '../src/round/choose.ts'
import { toHex } from '../src/round/digest.ts'
import type { Report } from '../src/round/messages.ts'
import { type Proposal, standingProposal } from '../src/round/proposal.ts'
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
const results = { A: digestOf(1), B: digestOf(2) }
const retry: Proposal = {
  ...{ kind: 'retry', result: undefined, members: membersOf(2), culprit: undefined, reason: '' }
}
const commit = (result: Uint8Array | undefined): Proposal => ({
  ...standingProposal(config),
  result
})

type Choose = (reports: ReadonlyMap<number, Report>, size: number) => Choice
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
    if (accepted !== undefined) votes.set(accepted.ballot, accepted.value.key)
  }
  const told = [...reports].map(
    ([ballot, { accepted, holds }]) =>
      `${ballot}:${accepted?.ballot}${keyOf(accepted?.proposal)}${holds !== undefined}`
  )
  const cast = [...votes].map(([ballot, value]) => `${ballot}:${value}`)
  const now = [acceptor.promised, acceptor.held !== undefined, keyOf(acceptor.proposal)]
  return { past, reports, votes, key: [...now, ...told, ...cast].join() }
}

/** Goes through every history, and returns what was chosen in any of them. */
function explore(destined: readonly (Uint8Array | undefined)[], choice: Choose): Set<string> {
  const blank = destined.map((held) => live([], held))
  const todo: State[] = [{ members: blank, proposals: new Map() }]
  const seen = new Set<string>()
  const outcomes = new Set<string>()
  const visit = (state: State): void => {
    const own = state.members.map(({ key }, i) => `${keyOf(destinedProposal(destined[i]))}${key}`)
    const proposed = [...state.proposals].map(([ballot, value]) => ballot + keyOf(value))
    const key = [...own.toSorted(), ...proposed.toSorted()].join(' ')
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

function destinedProposal(held: Uint8Array | undefined): Proposal {
  return commit(held)
}

function chosenIn({ members }: State): Set<string> {
  const chosen = new Set<string>()
  for (const ballot of [0, 1, 2]) {
    const values = members.map(({ votes }) => votes.get(ballot)).filter((v) => v !== undefined)
    for (const value of values) {
      if (values.filter((other) => other === value).length >= 2) chosen.add(value)
    }
  }
  return chosen
}

function* after(
  { members, proposals }: State,
  destined: readonly (Uint8Array | undefined)[],
  choice: Choose
): Generator<State> {
  const happens = (index: number, happening: Happening): State => {
    const own = live([...(members[index]?.past ?? []), happening], destined[index])
    return { members: members.with(index, own), proposals }
  }
  for (const [index, { past, reports }] of members.entries()) {
    const has = (type: string, ballot?: number): boolean =>
      past.some(
        (h) => h.type === type && (ballot === undefined || ('ballot' in h && h.ballot === ballot))
      )
    if (destined[index] !== undefined && !has('hold')) yield happens(index, { type: 'hold' })
    if (past.at(-1)?.type === 'propose') yield happens(index, { type: 'lack' })
    for (const ballot of [1, 2]) {
      const proposal = proposals.get(ballot)
      if (proposal === undefined && !reports.has(ballot) && !has('promise', ballot)) {
        yield happens(index, { type: 'promise', ballot })
      } else if (proposal !== undefined && !has('propose', ballot)) {
        yield happens(index, { type: 'propose', ballot, proposal })
      }
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
    for (const proposal of candidates(choice(heard, 3), heard)) {
      yield { members, proposals: new Map(proposals).set(ballot, proposal) }
    }
  }
}

/** Whatever a coordinator may propose. */
function candidates(choice: Choice, heard: ReadonlyMap<number, Report>): readonly Proposal[] {
  if (choice.type === 'bound') return [choice.proposal]
  if (choice.type === 'unclear') return []
  const held = [...heard.values()].map(({ holds }) => holds).filter((h) => h !== undefined)
  const common = Object.values(results).filter((r) => held.filter((h) => h[0] === r[0]).length >= 2)
  return [retry, commit(undefined), ...common.map((result) => commit(result))]
}

const { A, B } = results
const casts: Record<string, readonly (Uint8Array | undefined)[]> = {
  'nobody holds a result': [undefined, undefined, undefined],
  'one holds it': [A, undefined, undefined],
  'two hold it': [A, A, undefined],
  'all hold it': [A, A, A],
  'two hold different ones': [A, B, undefined],
  'one holds another': [A, A, B]
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
})
