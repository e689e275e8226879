import { joinRun, type Run } from '@daa-compute/allreduce'
import type { Admission, PeerId } from '@daa-compute/interface'
import { createSimnet, type SimDirectory, type Simnet, type SimPeer } from '@daa-compute/simnet'
import {
  createAdmittingConnector,
  createSignatureVerifier,
  type Identity,
  identityFromSeed,
  issueRevocation,
  issueToken,
  type MembershipAdmission,
  membershipTokens,
  openAdmission,
  preSharedKey,
  spreadRevocations
} from '@daa-compute/transport'
import { beforeAll, describe, expect, it } from 'vitest'

const RUN = 'a run'
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1)
const NOW = Date.UTC(2026, 0, 1)

let owner: Identity

beforeAll(async () => {
  owner = await identityFromSeed(new Uint8Array(32).fill(1))
})

interface Swarm {
  readonly net: Simnet
  readonly directory: SimDirectory
}

function createSwarm(seed: number): Swarm {
  const net = createSimnet({ seed, latencyMs: { min: 1, max: 30 }, bandwidth: 20e6 })
  return { net, directory: net.directory() }
}

async function joinAs(
  { directory }: Swarm,
  peer: SimPeer,
  admission: Admission,
  minPeers: number
): Promise<Run> {
  const { clock, random } = peer
  const connector = createAdmittingConnector({
    connector: peer.connector,
    run: RUN,
    admission,
    clock,
    random
  })
  return await joinRun({
    run: RUN,
    connector,
    directory: directory.join(peer),
    clock,
    random,
    minPeers,
    patienceMs: 3_000,
    formTimeoutMs: 20_000
  })
}

/** What the mean of these ranks' values is. */
function meanOf(ranks: readonly number[]): number {
  return ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length
}

/** Whoever begins a round sooner than that may begin it without the others. */
function isLinkedToAll(run: Run, names: readonly PeerId[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (run.members.length === names.length) resolve()
    }
    run.on('member:up', look)
    look()
  })
}

function wait({ net }: Swarm, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    net.clock.schedule(delayMs, resolve)
  })
}

describe('a run that checks admission, in virtual time', () => {
  it.each(SEEDS)('is as if a stranger were not there (seed %i)', async (seed) => {
    const once = async (): Promise<string> => {
      const swarm = createSwarm(seed)
      const key = new Uint8Array(32).fill(seed)
      await swarm.net.run(async () => {
        const members = ['a', 'b', 'c', 'd'].map((name) => swarm.net.addPeer(name))
        const outsider = swarm.net.addPeer('z')
        const stranger = await joinAs(swarm, outsider, openAdmission(), 2)
        const lonely = stranger.allReduce(new Float32Array(4)).catch((error: unknown) => error)
        const runs = await Promise.all(
          members.map((peer) => joinAs(swarm, peer, preSharedKey(key), 4))
        )
        for (let round = 0; round < 3; round++) {
          const results = await Promise.all(
            runs.map((run, rank) => run.allReduce(new Float32Array(1000).fill(rank)))
          )
          for (const { values, participants } of results) {
            expect(participants).toEqual(members.map(({ id }) => id))
            expect(values[999]).toBe(meanOf([0, 1, 2, 3]))
          }
        }
        for (const run of runs) expect(run.members).not.toContain(outsider.id)
        const error = await lonely
        expect(error).toMatchObject({ code: 'NOT_ENOUGH_PEERS' })
        const { refusals } = (error as { detail: { refusals: Record<string, string> } }).detail
        expect(Object.keys(refusals).toSorted()).toEqual(['a', 'b', 'c', 'd'])
        for (const reason of Object.values(refusals)) expect(reason).toContain('pre-shared key')
      })
      return swarm.net.traceHash
    }
    expect(await once()).toBe(await once())
  })

  it.each(SEEDS)('goes on without who is revoked in a round (seed %i)', async (seed) => {
    const swarm = createSwarm(seed)
    const names = ['a', 'b', 'c', 'd'] as PeerId[]
    const revocation = await issueRevocation({
      signer: owner.signer,
      run: RUN,
      peer: 'd' as PeerId,
      issuedMs: NOW
    })
    const tokens = await Promise.all(
      names.map((peer) =>
        issueToken({
          signer: owner.signer,
          run: RUN,
          peer,
          issuedMs: NOW,
          expiresMs: NOW + 86_400_000
        })
      )
    )
    await swarm.net.run(async () => {
      const admissions: MembershipAdmission[] = []
      const runs: Run[] = []
      for (const [i, name] of names.entries()) {
        const peer = swarm.net.addPeer(name)
        const admission = await membershipTokens({
          run: RUN,
          self: name,
          owner: owner.peer,
          token: tokens[i] ?? '',
          verifier: createSignatureVerifier(),
          wallClock: () => NOW
        })
        const { broadcast, clock, random } = peer
        const spread = spreadRevocations({ admission, broadcast, topic: '/r', clock, random })
        admission.onRevoked?.(() => spread.publish())
        admissions.push(admission)
        runs.push(await joinAs(swarm, peer, admission, 3))
      }
      await Promise.all(runs.map((run) => isLinkedToAll(run, names)))
      const begin = runs.map((run, rank) => run.allReduce(new Float32Array(10).fill(rank)))
      for (const { participants } of await Promise.all(begin)) {
        expect(participants.toSorted()).toEqual(names)
      }

      // some 200 ms of values
      const length = 100_000
      const survivors = runs.slice(0, 3)
      const round = survivors.map((run, rank) => run.allReduce(new Float32Array(length).fill(rank)))
      const last = runs[3]!.allReduce(new Float32Array(length).fill(3)).catch(() => undefined)
      await wait(swarm, 20 * seed)
      expect(await admissions[seed % 3]!.revoke(revocation)).toBe(true)
      const results = await Promise.all(round)
      const ranks = results[0]!.participants.map((peer) => names.indexOf(peer))
      for (const { values, participants } of results) {
        expect(participants).toEqual(results[0]!.participants)
        expect(values[length - 1]).toBeCloseTo(meanOf(ranks), 5)
      }
      const after = await Promise.all(
        survivors.map((run, rank) => run.allReduce(new Float32Array(10).fill(rank)))
      )
      for (const { values, participants } of after) {
        expect(participants.toSorted()).toEqual(names.slice(0, 3))
        expect(values[0]).toBe(1)
      }
      for (const run of survivors) expect(run.members).not.toContain('d')
      await last
      expect(runs[3]!.members).toEqual(['d'])
    })
  })
})
