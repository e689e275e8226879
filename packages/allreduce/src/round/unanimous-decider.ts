import type {
  AbortOptions,
  Attempt,
  Ballot,
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
import { leftError, RoundError } from './errors.ts'
import { Formation } from './formation.ts'
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
import type { Claim, Surroundings } from './surroundings.ts'
import { createVigil } from './vigil.ts'
import { VoteBook } from './vote-book.ts'

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
  const positions = new Map<PeerId, Claim>()
  const votes = new VoteBook()
  const refusals = new Map<PeerId, string>()
  const surroundings: Surroundings = {
    up: () => new Map(Array.from(mesh.up(), (link) => [link.peer, link.incarnation])),
    joins,
    proposals,
    positions,
    excused: new Set(),
    inDoubt: new Set()
  }
  let formation: Formation | undefined
  let live: LiveAttempt | undefined
  let stopped = false

  const vigil = createVigil({
    clock,
    mesh,
    suspectAfterMs: init.suspectAfterMs,
    beat: () => broadcast({ type: 'alive' }),
    owes: (peer) => formation?.hasJoined(peer) ?? live?.awaited().includes(peer) === true
  })

  function broadcast(message: ControlMessage, to?: Iterable<PeerId>): void {
    const bytes = encodeMessage(message)
    const peers = to ?? Array.from(mesh.up(), (link) => link.peer)
    for (const peer of peers) if (peer !== self) mesh.send(peer, bytes)
  }

  /** Gives this peer's one vote on a plan. */
  function cast(plan: Plan, ballot: Ballot): void {
    const vote: VoteMessage = { type: 'vote', planDigest: plan.digest, ballot }
    votes.add(self, vote)
    broadcast(
      vote,
      plan.members.map(({ peer }) => peer)
    )
  }

  async function formPlan(request: RoundRequest, signal: AbortSignal | undefined): Promise<Plan> {
    const forming = new Formation({
      ...init,
      request,
      surroundings,
      join: (message) => broadcast(message),
      propose: (message) => broadcast(message),
      hasVotedAgainst: (peer, plan) => votes.get(peer, plan.digest)?.type === 'abort',
      abandon: (plan, culprit, reason) => cast(plan, { type: 'abort', culprit, reason })
    })
    const endPatience = clock.schedule(init.patienceMs, () => forming.endPatience())
    // a link that broke is made again by then; a peer that is not back has died
    const endDoubt = clock.schedule(init.suspectAfterMs, () => forming.endDoubt())
    const timeout = clock.schedule(init.formTimeoutMs, () => forming.fail(tooFew(forming)))
    const abort = (): void => forming.fail(asError(signal?.reason))
    signal?.addEventListener('abort', abort)
    formation = forming
    try {
      return await forming.run()
    } catch (error) {
      broadcast({ type: 'withdraw' })
      throw error
    } finally {
      formation = undefined
      endPatience()
      endDoubt()
      timeout()
      signal?.removeEventListener('abort', abort)
    }
  }

  function begin(plan: Plan): Attempt {
    const attempt = new LiveAttempt({
      plan,
      self,
      clock,
      broadcast: (ballot) => cast(plan, ballot),
      giveUp: (peer, reason) => mesh.disconnect(peer, reason),
      decided: (verdict) => conclude(plan, verdict)
    })
    live = attempt
    for (const { peer, incarnation } of plan.members) {
      if (peer === self) continue
      const vote = votes.get(peer, plan.digest)
      if (vote !== undefined) attempt.onVote(peer, vote)
      if (mesh.get(peer)?.incarnation !== incarnation) {
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
      surroundings.inDoubt.clear()
      return
    }
    if (verdict.type === 'unknown') {
      // whoever has heard the missing vote has counted the round, and is further now
      for (const { peer } of plan.members) if (peer !== self) surroundings.inDoubt.add(peer)
    }
    position.attempt = plan.id.attempt + 1
    // an accusation expels nobody, but nobody waits for the accused either
    const culprit = verdict.type === 'abort' ? verdict.culprit : undefined
    const rejoined = culprit !== undefined && (joins.get(culprit)?.attempt ?? 0) > plan.id.attempt
    if (culprit !== undefined && !rejoined) surroundings.excused.add(culprit)
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
        // it has not counted what is in doubt, or it would be further
        if (message.sequence === position.sequence) surroundings.inDoubt.delete(peer)
        if (message.sequence < position.sequence) {
          const { lineage, sequence } = position
          broadcast({ type: 'position', lineage, sequence }, [peer])
        }
        break
      case 'propose':
        proposals.set(peer, message)
        break
      case 'withdraw':
        joins.delete(peer)
        proposals.delete(peer)
        surroundings.excused.add(peer)
        break
      case 'vote':
        votes.add(peer, message)
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

  return {
    async form(request: RoundRequest, { signal }: AbortOptions = {}) {
      if (stopped) throw leftError(init.run)
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
      formation?.fail(leftError(init.run))
      live?.leave()
      vigil.stop()
      await mesh.stop()
    },

    onUp(peer) {
      // what it may have missed, in the order in which it was said
      for (const vote of votes.of(self)) mesh.send(peer, encodeMessage(vote))
      if (formation !== undefined) {
        mesh.send(peer, encodeMessage(formation.joinMessage()))
        const proposal = formation.proposal()
        if (proposal !== undefined) mesh.send(peer, encodeMessage(proposal))
      }
      formation?.evaluate()
    },

    onDown(peer, reason) {
      formation?.onDown(peer, reason)
      joins.delete(peer)
      proposals.delete(peer)
      positions.delete(peer)
      surroundings.excused.delete(peer)
      live?.onDown(peer, reason)
      if (live === undefined) votes.forget(peer)
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
