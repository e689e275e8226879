import { peerId, type PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { Mesh } from '../src/mesh/mesh.ts'
import { seek, type Seeker, type Step } from '../src/round/membership/founding.ts'
import type { AskMessage, PositionMessage } from '../src/round/wire/messages.ts'
import { Peers } from '../src/round/membership/peers.ts'
import { REQUEST } from './round-fixtures.ts'

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(peerId) as [PeerId, PeerId, PeerId, PeerId]
const clock = { now: () => 0, schedule: () => () => undefined }

function askOf(sees: readonly PeerId[], change: Partial<AskMessage> = {}): AskMessage {
  const place = { lineage: '', sequence: 0 }
  return {
    type: 'ask',
    ...place,
    late: false,
    founds: true,
    isQuestion: false,
    request: REQUEST,
    sees,
    budget: {},
    ...change
  }
}

interface Other {
  readonly ask?: AskMessage
  readonly position?: Partial<PositionMessage>
  readonly withdrawn?: boolean
  /** When something came from it last, ms. */
  readonly heardMs?: number
}

/** What is known of the others, all of them linked. */
function peersWith(others: Readonly<Record<string, Other>>): Peers {
  const linked = Object.keys(others).map(peerId)
  const links = linked.map((peer) => ({
    ...{ peer, incarnation: `life of ${peer}` },
    lastHeard: others[peer]?.heardMs ?? 10
  }))
  const mesh: Pick<Mesh, 'get' | 'upPeers'> = {
    get: (peer) => links.find((link) => link.peer === peer) as ReturnType<Mesh['get']>,
    upPeers: () => linked
  }
  const peers = new Peers(mesh as Mesh, clock)
  for (const [name, { ask, position, withdrawn }] of Object.entries(others)) {
    if (ask !== undefined) peers.asks.set(peerId(name), ask)
    if (withdrawn === true) peers.withdrawn.add(peerId(name))
    if (position !== undefined) {
      peers.positions.set(peerId(name), {
        ...{ type: 'position', lineage: 'f00d', sequence: 0, attempt: 0, size: 0 },
        ...{ counted: false, isQuestion: false, ...position }
      })
    }
  }
  return peers
}

function seekAs(
  self: PeerId,
  others: Readonly<Record<string, Other>>,
  change: Partial<Seeker> = {},
  ask: Partial<AskMessage> = {}
): Step {
  const peers = peersWith(others)
  return seek(
    {
      ...{ self, incarnation: `life of ${self}`, ask: askOf([...peers.linked()], ask) },
      ...{ minPeers: 2, isPatienceOver: false, isForking: false, isYielding: false },
      ...{ isMovingOn: false, mayFound: true, sinceMs: 0, ...change }
    },
    peers
  )
}

const wait = (...awaited: readonly PeerId[]): Step => ({ type: 'wait', awaited })
const founded = (...members: readonly PeerId[]): Step => ({
  type: 'found',
  members: members.map((peer) => ({ peer, incarnation: `life of ${peer}` }))
})

describe('a peer in no configuration', () => {
  it('waits for others that are there to ask, and then founds in the order of ids', () => {
    const others = { b: { ask: askOf([a, c]) }, c: {} }
    expect(seekAs(a, others)).toEqual(wait(c))
    expect(seekAs(a, { ...others, c: { ask: askOf([a, b]) } })).toEqual(founded(a, b, c))
  })

  it('waits for the lowest of them to found', () => {
    const asked = { a: { ask: askOf([b, c]) }, c: { ask: askOf([a, b]) } }
    expect(seekAs(b, asked)).toEqual(wait(a))
  })

  it('waits no longer for those that do not ask when its patience is over', () => {
    const others = { b: { ask: askOf([a, c]) }, c: {} }
    expect(seekAs(a, others, { isPatienceOver: true })).toEqual(founded(a, b))
  })

  it('does not give up for what a frozen peer asked for last', () => {
    const other: AskMessage = askOf([a], { request: { ...REQUEST, op: 'max' } })
    const late = { isPatienceOver: true }
    expect(seekAs(a, { b: { ask: other, heardMs: -1 } })).toEqual(wait(b))
    expect(seekAs(a, { b: { ask: other, heardMs: 0 } })).toMatchObject({ type: 'fail' })
    expect(seekAs(a, { b: { ask: other, heardMs: -1 } }, late)).toEqual(wait())
  })

  it('is told BEHIND, if it yields, rather than wait for those of another lineage', () => {
    const place = { lineage: 'beef', sequence: 3 }
    const theirs = (lineage: string): Readonly<Record<string, Other>> => ({
      b: { position: { lineage, sequence: 3, size: 1 } }
    })
    const change = { isPatienceOver: true, isYielding: true }
    expect(seekAs(a, theirs('f00d'), change, place)).toMatchObject({
      type: 'fail',
      error: { code: 'BEHIND', detail: { peer: b, lineage: 'f00d' } }
    })
    // these let it in, as they stand where it does
    expect(seekAs(a, theirs('beef'), change, place)).toEqual(wait(b))
    expect(seekAs(a, theirs('f00d'), { ...change, isYielding: false }, place)).toEqual(wait(b))
  })

  it('nor for those that have said that they are not coming', () => {
    expect(seekAs(a, { b: { ask: askOf([a, c]) }, c: { withdrawn: true } })).toEqual(founded(a, b))
  })

  it('founds nothing with too few, unless it was cut off from its lineage', () => {
    expect(seekAs(a, {})).toEqual(wait())
    expect(seekAs(a, {}, { minPeers: 1 })).toEqual(founded(a))
    expect(seekAs(a, {}, { isForking: true })).toEqual(founded(a))
    expect(seekAs(a, { b: { ask: askOf([a]) } }, { minPeers: 3 })).toEqual(wait())
  })

  it('founds nothing anew in the moment in which it may be let in elsewhere', () => {
    const change = { isForking: true, isMovingOn: true }
    expect(seekAs(a, { b: { position: { size: 1, sequence: 3 } } }, change)).toEqual(wait(b))
    expect(seekAs(a, { b: { ask: askOf([]) } }, change)).toEqual(founded(a))
  })

  it('founds nothing beside a lineage that it was left out of', () => {
    const others = { b: { ask: askOf([a]) } }
    expect(seekAs(a, others, {}, { founds: false })).toEqual(wait(b))
    const neither = { b: { ask: askOf([a], { founds: false }) } }
    expect(seekAs(a, neither, {}, { founds: false })).toEqual(wait())
  })

  it('leaves out whom not everybody reaches', () => {
    const others = { b: { ask: askOf([a, d]) }, c: { ask: askOf([a]) }, d: { ask: askOf([a, b]) } }
    expect(seekAs(a, others)).toEqual(founded(a, b, d))
    // who is left out itself does not found
    expect(seekAs(d, { a: { ask: askOf([b]) }, b: { ask: askOf([a]) } })).toEqual(wait())
  })

  it('believes a single voice that its lineage has gone on, if nobody with it may found', () => {
    const place = { lineage: 'f00d', sequence: 3, founds: false }
    const others = (founds: boolean): Readonly<Record<string, Other>> => ({
      b: { position: { sequence: 4, size: 1 } },
      c: { ask: askOf([a, b], { ...place, founds }) }
    })
    const late = { isPatienceOver: true }
    expect(seekAs(a, others(true), late, place)).toMatchObject({ type: 'wait' })
    expect(seekAs(a, others(false), {}, place)).toMatchObject({ type: 'wait' })
    expect(seekAs(a, others(false), late, place)).toMatchObject({
      type: 'fail',
      error: { code: 'BEHIND', detail: { peer: b } }
    })
  })

  it('is told BEHIND, if it yields, rather than wait beside who has got further', () => {
    const place = { lineage: 'f00d', sequence: 3 }
    const change = { isPatienceOver: true, isYielding: true }
    const others = { b: { ask: askOf([a], place) } }
    expect(seekAs(a, others, change)).toMatchObject({
      type: 'fail',
      error: { code: 'BEHIND', detail: { peer: b, lineage: 'f00d' } }
    })
    expect(seekAs(a, others, { ...change, isYielding: false })).toEqual(wait())
    expect(seekAs(a, others, change, { lineage: 'beef', sequence: 4 })).toEqual(wait())
    const bound = { b: { ask: askOf([a], { ...place, founds: false }) } }
    expect(seekAs(a, bound, change)).toEqual(wait())
  })

  it('founds nothing alone beside who has rounds behind it, if it has none: it would make room at once', () => {
    const fork = { isPatienceOver: true, isForking: true }
    const others = { b: { ask: askOf([a], { lineage: 'f00d', sequence: 3 }) } }
    expect(seekAs(a, others, fork)).toEqual(wait())
    expect(seekAs(a, others, fork, { lineage: 'beef', sequence: 3 })).toEqual(founded(a))
    expect(seekAs(a, {}, fork)).toEqual(founded(a))
  })

  it('founds with its equals only', () => {
    const elsewhere = askOf([a, c], { lineage: 'f00d', sequence: 3 })
    const others = { b: { ask: elsewhere }, c: { ask: askOf([a, b]) } }
    expect(seekAs(a, others)).toEqual(founded(a, c))
  })

  it('takes along who may begin in the middle, who founds for nobody but its equals', () => {
    const late = askOf([b, c], { late: true })
    const state = { lineage: 'f00d', sequence: 3 }
    const equals = { c: { ask: askOf([a, b], state) } }
    expect(seekAs(b, { a: { ask: late }, ...equals }, {}, state)).toEqual(founded(a, b, c))
    const seen = { b: { ask: askOf([a, c], state) }, c: { ask: askOf([a, b], state) } }
    expect(seekAs(a, seen, {}, { late: true })).toEqual(wait())
  })
})

describe('a peer that others are ahead of', () => {
  const state = { lineage: 'f00d', sequence: 3 }

  it('waits to be admitted where they stand where it does', () => {
    const position = { sequence: 3, size: 2 }
    expect(seekAs(a, { b: { position }, c: { ask: askOf([a, b], state) } }, {}, state)).toEqual(
      wait(b)
    )
  })

  it('is told that it is behind', () => {
    const position = { sequence: 5, size: 2 }
    const step = seekAs(a, { b: { position }, c: { position } }, {}, state)
    expect(step).toMatchObject({
      type: 'fail',
      error: { code: 'BEHIND', detail: { ours: 3, theirs: 5, peer: b } }
    })
  })

  it('waits to be admitted if it may begin in the middle', () => {
    const position = { sequence: 5, size: 2 }
    const late = { ...state, late: true }
    expect(seekAs(a, { b: { position }, c: { position } }, {}, late)).toEqual(wait(b, c))
  })

  it('does not believe one of them against more that stand where it does', () => {
    const position = { sequence: 5, size: 2 }
    const equals = { c: { ask: askOf([a, d], state) }, d: { ask: askOf([a, c], state) } }
    expect(seekAs(a, { b: { position }, ...equals }, {}, state)).toEqual(founded(a, c, d))
    // nor as long as the others have yet to say where they stand
    expect(seekAs(a, { b: { position }, c: {}, d: {} }, {}, state)).toEqual(wait(c, d))
  })

  it('does not wait for ever for one that has said nothing since', () => {
    const position = { sequence: 3, size: 2 }
    const others = { b: { position, heardMs: 5 }, c: { ask: askOf([a, b], state) } }
    expect(seekAs(a, others, { isPatienceOver: true, sinceMs: 4 }, state)).toEqual(wait(b))
    expect(seekAs(a, others, { sinceMs: 6 }, state)).toEqual(wait(b))
    const tired = { isPatienceOver: true, sinceMs: 6 }
    expect(seekAs(a, others, tired, state)).toEqual(founded(a, c))
  })

  it('does not mind those that are behind', () => {
    const position = { sequence: 2, size: 2 }
    const step = seekAs(a, { b: { position }, c: { ask: askOf([a, b], state) } }, {}, state)
    expect(step).toEqual(wait(b))
  })
})

describe('peers that ask for different things', () => {
  const other = { ...REQUEST, length: 7 }

  it('are told so, whoever is not in the majority', () => {
    const asks = { b: { ask: askOf([a, c]) }, c: { ask: askOf([a, b], { request: other }) } }
    expect(seekAs(a, asks)).toEqual(founded(a, b))
    const alone = { a: { ask: askOf([b, c]) }, b: { ask: askOf([a, c]) } }
    expect(seekAs(c, alone, {}, { request: other })).toMatchObject({
      type: 'fail',
      error: { code: 'REQUEST_MISMATCH', detail: { field: 'length', ours: '7', theirs: '1000' } }
    })
  })

  it('are both told, one against one', () => {
    const step = seekAs(a, { b: { ask: askOf([a], { request: other }) } })
    expect(step).toMatchObject({ type: 'fail', error: { detail: { peer: b, theirs: '7' } } })
  })
})
