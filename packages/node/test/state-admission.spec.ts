import type { Admission, Connector, PeerId } from '@daa-compute/interface'
import { createSimnet, type SimPeer } from '@daa-compute/simnet'
import { type CatchUpReport, createSharedState, type SharedState } from '@daa-compute/state'
import {
  allowList,
  createAdmittingConnector,
  createSignatureVerifier,
  type Identity,
  identityFromSeed,
  issueToken,
  membershipTokens,
  openAdmission,
  preSharedKey
} from '@daa-compute/transport'
import { beforeAll, describe, expect, it } from 'vitest'

const RUN = 'a run'
const NOW = Date.UTC(2026, 0, 1)
const LENGTH = 300_000
const FIRST = { lineage: 'l', sequence: 3 }

const DONORS = ['a', 'b'] as PeerId[]
const JOINER = 'c' as PeerId
const STRANGER = 'z' as PeerId

let owner: Identity

beforeAll(async () => {
  owner = await identityFromSeed(new Uint8Array(32).fill(1))
})

async function tokensOf(self: PeerId, of: PeerId, signer: Identity): Promise<Admission> {
  const init = { run: RUN, peer: of, issuedMs: NOW, expiresMs: NOW + 1e9 }
  const token = await issueToken({ ...init, signer: signer.signer })
  const verifier = createSignatureVerifier()
  return await membershipTokens({
    ...{ run: RUN, self, owner: signer.peer, token, verifier, wallClock: () => NOW }
  })
}

type Admit = (self: PeerId) => Admission | Promise<Admission>

/** What members go by, and what the stranger tries. */
const CASES: readonly (readonly [string, Admit, Admit | 'as if nobody asked'])[] = [
  ['no key', () => preSharedKey(new Uint8Array(32).fill(1)), () => openAdmission()],
  [
    'another key',
    () => preSharedKey(new Uint8Array(32).fill(1)),
    () => preSharedKey(new Uint8Array(32).fill(2))
  ],
  [
    'the key, which it does not know, left out',
    () => preSharedKey(new Uint8Array(32).fill(1)),
    'as if nobody asked'
  ],
  [
    'a list that it is not on',
    () => allowList([...DONORS, JOINER]),
    () => allowList([...DONORS, JOINER, STRANGER])
  ],
  ['a list, unasked', () => allowList([...DONORS, JOINER]), 'as if nobody asked'],
  ['no token', (self) => tokensOf(self, self, owner), () => openAdmission()],
  [
    'a token of another owner',
    (self) => tokensOf(self, self, owner),
    async (self) => tokensOf(self, self, await identityFromSeed(new Uint8Array(32).fill(9)))
  ]
]

interface Seat {
  readonly state: SharedState
  readonly weights: Float32Array
  readonly served: PeerId[]
}

async function seatOf(peer: SimPeer, connector: Connector, fill: number): Promise<Seat> {
  const weights = new Float32Array(LENGTH).fill(fill)
  const { clock, random } = peer
  const state = await createSharedState({
    ...{ run: RUN, connector, clock, random, tensors: { weights }, blockLength: 64 * 1024 },
    members: () => DONORS.filter((donor) => donor !== peer.id),
    // whoever takes it takes it from everybody else
    serving: { maxJoiners: 1 }
  })
  const served: PeerId[] = []
  state.on('joiner:served', (joiner) => void served.push(joiner.peer))
  return { state, weights, served }
}

async function play(member: Admit, stranger: Admit | 'as if nobody asked') {
  const net = createSimnet({ seed: 5, latencyMs: { min: 1, max: 30 }, bandwidth: 20e6 })
  return await net.run(async () => {
    const sit = async (id: PeerId, admit: Admit | 'as if nobody asked', fill: number) => {
      const peer = net.addPeer(id)
      const { connector, clock, random } = peer
      if (admit === 'as if nobody asked') return await seatOf(peer, connector, fill)
      const admission = await admit(id)
      return await seatOf(
        peer,
        createAdmittingConnector({ connector, run: RUN, admission, clock, random }),
        fill
      )
    }
    const donors = await Promise.all(DONORS.map((id) => sit(id, member, 1)))
    for (const { state } of donors) state.declare(FIRST, DONORS)
    const other = await sit(STRANGER, stranger, 7)
    // it asks first, and again and again while the joiner fetches
    const over = new AbortController()
    const errors: unknown[] = []
    const first = Promise.withResolvers<void>()
    const asking = (async () => {
      while (!over.signal.aborted) {
        await other.state.catchUp({ signal: over.signal }).catch((error: unknown) => {
          if (!over.signal.aborted) errors.push(error)
        })
        first.resolve()
        if (other.state.revision !== undefined) return
      }
    })()
    await first.promise
    const joiner = await sit(JOINER, member, 0)
    const fetching = joiner.state.catchUp()
    const [{ value: report, reason }] = (await Promise.allSettled([fetching])) as [
      { readonly value?: CatchUpReport; readonly reason?: unknown }
    ]
    over.abort(new Error('enough'))
    await asking
    await Promise.all([...donors, other, joiner].map(({ state }) => state.stop()))
    return { donors, other, joiner, report, reason, errors }
  })
}

describe('the state of a run that not everybody may join', () => {
  it.each(CASES)('is not served to a stranger: %s', async (_name, member, stranger) => {
    const { donors, other, joiner, report, errors } = await play(member, stranger)
    expect(new Set(other.weights)).toEqual(new Set([7]))
    expect(other.state.revision).toBeUndefined()
    expect(errors.length).toBeGreaterThan(0)
    // nor has it a donor's only place, which the joiner finds free at both
    expect(new Set(joiner.weights)).toEqual(new Set([1]))
    for (const { served } of donors) expect(new Set(served)).toEqual(new Set([JOINER]))
    for (const id of DONORS) expect(report?.donors[id]?.bytes).toBeGreaterThan(0)
  })

  it('is served to the same one where it may join, and then its place is taken', async () => {
    const member: Admit = () => preSharedKey(new Uint8Array(32).fill(1))
    const { other, donors, reason } = await play(member, member)
    expect(reason).toMatchObject({ code: 'DONORS_BUSY' })
    expect(new Set(other.weights)).toEqual(new Set([1]))
    expect(donors.some(({ served }) => served.includes(STRANGER))).toBe(true)
  })
})
