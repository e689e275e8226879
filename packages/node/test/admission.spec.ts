import { randomBytes } from 'node:crypto'
import type { Metrics } from '@daa-compute/interface'
import { createIdentity, type Identity, issueRevocation, issueToken } from '@daa-compute/transport'
import { afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  type AdmissionOption,
  createNode,
  type JoinedRun,
  type P2PNetwork,
  type SwarmConfig
} from '../src/index.ts'
import { startNodes, stopAll } from './local-swarm.ts'

const RUN = 'private'
const DAY = 86_400_000

let nodes: P2PNetwork[] = []
let owner: Identity

beforeAll(async () => {
  owner = await createIdentity()
})

afterEach(async () => {
  await stopAll(nodes)
  nodes = []
})

async function tokenFor(
  peer: P2PNetwork,
  issuedMs = Date.now(),
  run = RUN
): Promise<AdmissionOption> {
  const { signer } = owner
  const expiresMs = issuedMs + DAY
  const token = await issueToken({ signer, run, peer: peer.peerId, issuedMs, expiresMs })
  return { owner: owner.peer, token }
}

function joinAs(node: P2PNetwork, admission: AdmissionOption): Promise<JoinedRun> {
  return node.join(RUN, { minPeers: 2, admission })
}

/** What a run is told when it is refused for the first time. */
function refusalOf(run: JoinedRun): Promise<{ peer: string; reason: string }> {
  return new Promise((resolve) => {
    run.on('refused', resolve)
  })
}

function isUp(run: JoinedRun, peer: string): Promise<void> {
  return new Promise((resolve) => {
    if (run.members.some((member) => member === peer)) resolve()
    run.on('member:up', (event) => {
      if (event.peer === peer) resolve()
    })
  })
}

async function reduceTogether(runs: readonly JoinedRun[]): Promise<void> {
  const results = await Promise.all(
    runs.map((run, i) => run.allReduce(new Float32Array(10).fill(2 * i)))
  )
  for (const { values, participants } of results) {
    expect([...values]).toEqual(Array(10).fill(runs.length - 1))
    expect(participants).toEqual(runs.map(({ self }) => self).toSorted())
  }
}

type Kind = readonly [
  name: string,
  reason: RegExp,
  good: (node: P2PNetwork) => AdmissionOption | Promise<AdmissionOption>,
  bad: (node: P2PNetwork) => AdmissionOption | Promise<AdmissionOption>
]

const key = randomBytes(32).toString('hex')

const kinds: readonly Kind[] = [
  ['a pre-shared key', /hold its pre-shared key/, () => ({ key }), () => 'open'],
  [
    'a list',
    /not on the list/,
    () => ({ allow: nodes.slice(0, 2).map(({ peerId }) => peerId) }),
    () => 'open'
  ],
  ['tokens', /needs a membership token/, (node) => tokenFor(node), () => 'open']
]

describe('a run that not everybody may join', () => {
  it.each(kinds)(
    'by %s tells the one who may not why, and the others do their round',
    async (_, reason, good, bad) => {
      nodes = await startNodes(3)
      const [first, second, third] = nodes as [P2PNetwork, P2PNetwork, P2PNetwork]
      const stranger = await joinAs(third, await bad(third))
      const refused = refusalOf(stranger)
      const runs = await Promise.all([
        joinAs(first, await good(first)),
        joinAs(second, await good(second))
      ])
      expect((await refused).reason).toMatch(reason)
      await reduceTogether(runs)
      await reduceTogether(runs)
      for (const run of runs) expect(run.members).not.toContain(third.peerId)
      expect(stranger.members).toEqual([third.peerId])
    }
  )

  it('tells the one with another key, too', async () => {
    nodes = await startNodes(3)
    const [first, second, third] = nodes as [P2PNetwork, P2PNetwork, P2PNetwork]
    const others = new Uint8Array(32).fill(1)
    const stranger = await joinAs(third, { key: others })
    const runs = await Promise.all([joinAs(first, { key }), joinAs(second, { key })])
    await reduceTogether(runs)
    const giveUp = new AbortController()
    const round = stranger.allReduce(new Float32Array(1), { signal: giveUp.signal })
    await expect
      .poll(() => Object.values(stranger.explain().unreachable).join(), { timeout: 10_000 })
      .toContain('pre-shared key')
    giveUp.abort(new Error('alone'))
    await expect(round).rejects.toThrow('alone')
    expect(stranger.members).toEqual([third.peerId])
  })

  it('throws out who is revoked, and goes on', async () => {
    nodes = await startNodes(3)
    const [first, second, third] = nodes as [P2PNetwork, P2PNetwork, P2PNetwork]
    const issuedMs = Date.now()
    const runs = await Promise.all(
      nodes.map(async (node) => await joinAs(node, await tokenFor(node, issuedMs)))
    )
    const [ofFirst, ofSecond, ofThird] = runs as [JoinedRun, JoinedRun, JoinedRun]
    await Promise.all(
      runs.flatMap((run) =>
        runs.filter((other) => other !== run).map(({ self }) => isUp(run, self))
      )
    )
    await reduceTogether(runs)
    const refused = refusalOf(ofThird)
    const gone = Promise.all(
      [ofFirst, ofSecond].map(
        (run) =>
          new Promise<void>((resolve) => {
            run.on('member:down', ({ peer }) => {
              if (peer === third.peerId) resolve()
            })
          })
      )
    )
    const revocation = await issueRevocation({
      signer: owner.signer,
      run: RUN,
      peer: third.peerId,
      issuedMs
    })
    // only the first one is told
    expect(await ofFirst.revoke(revocation)).toBe(true)
    expect(await ofFirst.revoke(revocation)).toBe(false)
    await gone
    expect((await refused).reason).toContain('revoked')
    await reduceTogether([ofFirst, ofSecond])
    expect(ofSecond.members).toEqual([first.peerId, second.peerId].toSorted())
  })

  it('is shown a new token by a member before the old one expires', async () => {
    let admitted = 0
    const silent = { add: () => undefined, set: () => undefined, observe: () => undefined }
    const metrics: Metrics = {
      counter: (name) => ({
        add(value, labels) {
          const isIt = name === 'daa_admission_decisions_total'
          if (isIt && labels?.['outcome'] === 'admitted') admitted += value
        }
      }),
      gauge: () => silent,
      histogram: () => silent
    }
    nodes = await startNodes(1, { metrics })
    const [first] = nodes as [P2PNetwork]
    const second = await createNode({
      listenAddresses: ['/ip4/127.0.0.1/tcp/0'],
      bootstrapNodes: first.addresses
    })
    nodes.push(second)
    const ofSecond = await joinAs(second, await tokenFor(second))
    const ofFirst = await joinAs(first, await tokenFor(first))
    await reduceTogether([ofFirst, ofSecond])
    const before = admitted
    const { token } = (await tokenFor(second)) as { token: string }
    await ofSecond.renew(token)
    await expect.poll(() => admitted).toBe(before + 1)
    await reduceTogether([ofFirst, ofSecond])
    await expect(ofSecond.renew('daat_')).rejects.toMatchObject({ code: 'BAD_STATEMENT' })
  })

  it('is not joined by who could not get in', async () => {
    nodes = await startNodes(1)
    const [node] = nodes as [P2PNetwork]
    const other = await createIdentity()
    const { signer } = owner
    const [issuedMs, expiresMs] = [Date.now() - DAY, Date.now() - DAY / 2]
    const past = await issueToken({ signer, run: RUN, peer: node.peerId, issuedMs, expiresMs })
    const bad: readonly (readonly [unknown, object])[] = [
      [
        { owner: owner.peer, token: past },
        { code: 'TOKEN_REFUSED', detail: { refusal: 'EXPIRED' } }
      ],
      [
        await tokenFor(node, Date.now(), 'another'),
        { code: 'TOKEN_REFUSED', detail: { refusal: 'OTHER_RUN' } }
      ],
      [
        { ...((await tokenFor(node)) as object), owner: other.peer },
        { code: 'TOKEN_REFUSED', detail: { refusal: 'FORGED' } }
      ],
      [{ owner: owner.peer, token: 'nonsense' }, { code: 'BAD_STATEMENT' }],
      [
        { owner: 'me', token: past },
        { code: 'BAD_CONFIG', detail: { field: 'admission.owner' } }
      ],
      [{ allow: ['alice'] }, { code: 'BAD_CONFIG', detail: { field: 'admission.allow' } }],
      [{ key: 'secret' }, { code: 'BAD_CONFIG', detail: { field: 'admission.key' } }],
      [{ key: new Uint8Array(31) }, { code: 'BAD_CONFIG', detail: { field: 'admission.key' } }],
      [{}, { code: 'BAD_CONFIG', detail: { field: 'admission' } }],
      [{ owner: owner.peer }, { code: 'BAD_CONFIG', detail: { field: 'admission' } }],
      ['closed', { code: 'BAD_CONFIG', detail: { field: 'admission' } }]
    ]
    for (const [admission, error] of bad) {
      await expect(joinAs(node, admission as AdmissionOption)).rejects.toMatchObject(error)
    }
    // a secret is in no message
    const secret = 'f00'.repeat(21)
    const error: unknown = await joinAs(node, { key: secret }).catch((reason: unknown) => reason)
    expect(JSON.stringify([error, String(error)])).not.toContain('f00f00')
    // and none of it has left anything behind
    await joinAs(node, 'open')
  })

  it('has no revocations and no tokens without an owner', async () => {
    nodes = await startNodes(1)
    const run = await joinAs(nodes[0]!, { key })
    await expect(run.revoke('daar_')).rejects.toMatchObject({ code: 'NO_OWNER' })
    await expect(run.renew('daat_')).rejects.toMatchObject({ code: 'NO_OWNER' })
  })

  it('can be what a node is for', async () => {
    const config: SwarmConfig = {
      listenAddresses: ['/ip4/127.0.0.1/tcp/0'],
      runId: RUN,
      admission: { key }
    }
    const first = await createNode(config)
    nodes.push(first)
    nodes.push(await createNode({ ...config, bootstrapNodes: first.addresses }))
    const results = await Promise.all(nodes.map((node) => node.allReduce(Float32Array.of(1))))
    for (const { participants } of results) expect(participants).toHaveLength(2)
  })
})

describe('the type of an admission', () => {
  it('has one kind at a time, whole', () => {
    const token = { owner: '12D3KooW', token: 'daat_' }
    expectTypeOf(token).toExtend<AdmissionOption>()
    expectTypeOf({ ...token, roles: ['trainer'] }).toExtend<AdmissionOption>()
    expectTypeOf({ key }).toExtend<AdmissionOption>()
    expectTypeOf({ allow: [''] }).toExtend<AdmissionOption>()
    expectTypeOf({ key, ...token }).not.toExtend<AdmissionOption>()
    expectTypeOf({ key, allow: [''] }).not.toExtend<AdmissionOption>()
    expectTypeOf({ owner: '' }).not.toExtend<AdmissionOption>()
    expectTypeOf({ token: '' }).not.toExtend<AdmissionOption>()
    expectTypeOf({}).not.toExtend<AdmissionOption>()
    expectTypeOf('closed' as const).not.toExtend<AdmissionOption>()
    expectTypeOf('open' as const).toExtend<AdmissionOption>()
  })
})
