import type {
  AbortOptions,
  Attempt,
  Clock,
  Decider,
  Hasher,
  PeerId,
  Plan,
  RoundRequest,
  Verdict
} from '@daa-compute/interface'
import { asError } from '../as-error.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { RoundError } from './errors.ts'
import { Formation, type Surroundings } from './formation.ts'
import { LiveAttempt } from './live-attempt.ts'
import {
  type ControlMessage,
  decodeMessage,
  encodeMessage,
  type JoinMessage,
  type ProposeMessage,
  type VoteMessage
} from './messages.ts'
import { sameDigest, toHex } from './plan.ts'
import type { Position } from './position.ts'
import { createVigil } from './vigil.ts'

export interface UnanimousDeciderInit {
  readonly run: string
  readonly self: PeerId
  readonly incarnation: string
  readonly mesh: Mesh
  readonly clock: Clock
  readonly hasher: Hasher
  readonly position: Position
  readonly minPeers: number
  readonly patienceMs: number
  readonly formTimeoutMs: number
  readonly suspectAfterMs: number
}

/** A {@link Decider} and the ears it needs. */
export interface UnanimousDecider extends Decider {
  onUp(peer: PeerId): void
  onDown(peer: PeerId, reason: string): void
  onRefused(peer: PeerId, reason: string): void
  /** @throws for a malformed message */
  onControl(peer: PeerId, bytes: Uint8Array): void
  /** Who is waited for at this moment, to form or to vote. */
  awaited(): PeerId[]
}

/**
 * The simplest agreement that is safe: everybody who has joined forms the group
 * by equal proposals ({@link Formation}), and an attempt counts if all members
 * vote for the same digest ({@link LiveAttempt}). One dead member fails the
 * attempt, never the values; a quorum would go on without it.
 */
export function createUnanimousDecider(init: UnanimousDeciderInit): UnanimousDecider {
  const { mesh, clock, self, position } = init
  const joins = new Map<PeerId, JoinMessage>()
  const proposals = new Map<PeerId, ProposeMessage>()
  const positions = new Map<PeerId, Pick<JoinMessage, 'lineage' | 'sequence'>>()
  const votes = new Map<PeerId, VoteMessage>()
  const refusals = new Map<PeerId, string>()
  const surroundings: Surroundings = {
    up: () => new Map(Array.from(mesh.up(), (link) => [link.peer, link.incarnation])),
    joins,
    proposals,
    positions,
    excused: new Set()
  }
  let formation: Formation | undefined
  let live: LiveAttempt | undefined
  let lastVote: VoteMessage | undefined
  let stopped = false

  const vigil = createVigil({
    clock,
    mesh,
    suspectAfterMs: init.suspectAfterMs,
    beat: () => broadcast({ type: 'alive' }),
    owes: (peer) =>
      formation !== undefined
        ? joins.get(peer)?.sequence === position.sequence
        : live?.awaited().includes(peer) === true
  })

  function broadcast(message: ControlMessage, to?: Iterable<PeerId>): void {
    const bytes = encodeMessage(message)
    const peers = to ?? Array.from(mesh.up(), (link) => link.peer)
    for (const peer of peers) if (peer !== self) mesh.send(peer, bytes)
  }

  async function formPlan(request: RoundRequest, signal: AbortSignal | undefined): Promise<Plan> {
    const forming = new Formation({
      ...init,
      request,
      surroundings,
      join: (message) => broadcast(message),
      propose: (message) => broadcast(message),
      learn: (peer) => mesh.learn(peer)
    })
    const endPatience = clock.schedule(init.patienceMs, () => forming.endPatience())
    const timeout = clock.schedule(init.formTimeoutMs, () => forming.fail(tooFew(forming)))
    const abort = (): void => forming.fail(asError(signal?.reason))
    signal?.addEventListener('abort', abort)
    formation = forming
    try {
      return await forming.run()
    } catch (error) {
      broadcast({ type: 'withdraw', sequence: position.sequence })
      throw error
    } finally {
      formation = undefined
      endPatience()
      timeout()
      signal?.removeEventListener('abort', abort)
    }
  }

  function begin(plan: Plan): Attempt {
    const attempt = new LiveAttempt({
      plan,
      self,
      broadcast: (ballot) => {
        lastVote = { type: 'vote', planDigest: plan.digest, ballot }
        broadcast(
          lastVote,
          plan.members.map(({ peer }) => peer)
        )
      },
      decided: (verdict) => conclude(plan, verdict)
    })
    live = attempt
    for (const { peer, incarnation } of plan.members) {
      const vote = votes.get(peer)
      if (vote !== undefined && sameDigest(vote.planDigest, plan.digest)) {
        attempt.onVote(peer, vote.ballot)
      }
      if (peer !== self && mesh.get(peer)?.incarnation !== incarnation) {
        attempt.onDown(peer, 'its link broke while the group formed')
      }
    }
    return attempt
  }

  function conclude(plan: Plan, verdict: Verdict): void {
    live = undefined
    vigil.stop()
    if (verdict.type === 'commit') {
      position.lineage = plan.id.lineage === '' ? toHex(plan.digest) : plan.id.lineage
      position.sequence = plan.id.sequence + 1
      position.attempt = 0
      position.mayEnterLate = false
    } else {
      position.attempt = plan.id.attempt + 1
      // who joined that attempt has not joined the next one yet
      for (const [peer, join] of joins) if (join.attempt <= plan.id.attempt) joins.delete(peer)
      // an accusation expels nobody, but nobody waits for the accused either
      const culprit = verdict.type === 'abort' ? verdict.culprit : undefined
      if (culprit !== undefined && !joins.has(culprit)) surroundings.excused.add(culprit)
    }
  }

  function tooFew(forming: Formation): RoundError {
    const joined = forming.joined()
    const unreachable = Object.fromEntries(mesh.unreachable())
    const reasons = [...Object.entries(unreachable), ...refusals].map(([p, why]) => `${p}: ${why}`)
    const known = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
    return new RoundError(
      'NOT_ENOUGH_PEERS',
      `no group of ${init.minPeers} formed in ${init.formTimeoutMs} ms, ${joined.length} joined${known}: start more peers, check that they reach each other, or lower minPeers`,
      {
        needed: init.minPeers,
        joined,
        unreachable,
        refusals: Object.fromEntries(refusals)
      }
    )
  }

  function receive(peer: PeerId, message: ControlMessage): void {
    switch (message.type) {
      case 'join':
        joins.set(peer, message)
        positions.set(peer, message)
        surroundings.excused.delete(peer)
        if (message.sequence < position.sequence) {
          const { lineage, sequence } = position
          broadcast({ type: 'position', lineage, sequence }, [peer])
        }
        break
      case 'propose':
        proposals.set(peer, message)
        live?.onProposal(peer, message)
        break
      case 'withdraw':
        joins.delete(peer)
        proposals.delete(peer)
        surroundings.excused.add(peer)
        if (live?.plan.id.sequence === message.sequence) live.onWithdraw(peer)
        break
      case 'vote':
        votes.set(peer, message)
        if (live !== undefined && sameDigest(live.plan.digest, message.planDigest)) {
          live.onVote(peer, message.ballot)
        }
        break
      case 'position':
        positions.set(peer, message)
        break
      case 'alive':
    }
  }

  function assertRunning(): void {
    if (stopped) throw new RoundError('LEFT', `the run ${init.run} was left`, { run: init.run })
  }

  return {
    async form(request: RoundRequest, { signal }: AbortOptions = {}) {
      assertRunning()
      signal?.throwIfAborted()
      vigil.start()
      try {
        return begin(await formPlan(request, signal))
      } catch (error) {
        vigil.stop()
        throw error
      }
    },

    async stop() {
      if (stopped) return
      stopped = true
      vigil.stop()
      formation?.fail(new RoundError('LEFT', `the run ${init.run} was left`, { run: init.run }))
      if (live !== undefined) {
        void live.vote({ type: 'abort', culprit: self, reason: `${self} left the run` })
      }
      await mesh.stop()
    },

    onUp(peer) {
      if (formation !== undefined) {
        mesh.send(peer, encodeMessage(formation.joinMessage()))
        const proposal = formation.proposal()
        if (proposal !== undefined) mesh.send(peer, encodeMessage(proposal))
      }
      if (lastVote !== undefined) mesh.send(peer, encodeMessage(lastVote))
      formation?.evaluate()
    },

    onDown(peer, reason) {
      formation?.onDown(peer, reason)
      joins.delete(peer)
      proposals.delete(peer)
      positions.delete(peer)
      surroundings.excused.delete(peer)
      live?.onDown(peer, reason)
      formation?.evaluate()
    },

    onRefused(peer, reason) {
      refusals.set(peer, reason)
    },

    onControl(peer, bytes) {
      receive(peer, decodeMessage(bytes))
      formation?.evaluate()
    },

    awaited() {
      return formation?.awaited() ?? live?.awaited() ?? []
    }
  }
}
