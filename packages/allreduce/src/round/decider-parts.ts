import type { PeerId, PlanMember } from '@daa-compute/interface'
import { Beats } from './attempt/beats.ts'
import { pairsOf } from './attempt/derive-plan.ts'
import { Joining } from './attempt/joining.ts'
import { Caller } from './caller.ts'
import { Chain } from './consensus/chain.ts'
import type { Configuration } from './consensus/configuration.ts'
import { Prover } from './consensus/proof.ts'
import type { Decision, Slot } from './consensus/slot.ts'
import type { QuorumDeciderInit } from './decider-init.ts'
import { Forming } from './forming.ts'
import { Patience } from './liveness/patience.ts'
import { Probe } from './liveness/probe.ts'
import { QuorumWatch } from './liveness/quorum-watch.ts'
import { Rhythm } from './liveness/rhythm.ts'
import { Watch } from './liveness/watch.ts'
import { Invitations } from './membership/invitations.ts'
import { Moving } from './membership/moving.ts'
import { Peers } from './membership/peers.ts'
import { Seeking } from './membership/seeking.ts'
import { Seat } from './seat.ts'
import { Inbox } from './wire/inbox.ts'
import type { DecidedMessage, FoundMessage } from './wire/messages.ts'
import { Outbox } from './wire/outbox.ts'

/** What a decider is made of; each part says itself what it is for. */
export interface DeciderParts {
  readonly caller: Caller
  readonly forming: Forming
  readonly rhythm: Rhythm
  readonly peers: Peers
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly seat: Seat
  readonly chain: Chain
  readonly seeking: Seeking
  readonly moving: Moving
  readonly joining: Joining
  readonly beats: Beats
  readonly patience: Patience
  readonly watch: Watch
  readonly probe: Probe
  readonly quorumWatch: QuorumWatch
}

/** What the parts tell the decider. */
export interface PartsHandlers {
  /** Something is different: everything is to be looked at again. */
  changed(): void
  /** A configuration has been agreed on. */
  open(config: Configuration, origin: FoundMessage | DecidedMessage): void
  /** This peer is in no configuration any more. */
  close(): void
  /** An attempt is decided. */
  decided(slot: Slot, decision: Decision): void
  /** Who has not joined was waited for long enough. */
  endPatience(): void
}

/** Makes the parts and ties them together: nothing but wiring. */
export function createParts(init: QuorumDeciderInit, handlers: PartsHandlers): DeciderParts {
  const { self, run, mesh, clock, hasher, verifier, arrange } = init
  const { changed, open, close } = handlers
  const caller = new Caller()
  const chain = new Chain()
  const peers = new Peers(mesh, clock)
  const outbox = new Outbox(self, mesh, peers)
  const patience = new Patience(clock, handlers.endPatience)
  const place = (): Caller['place'] => caller.place
  const fail = (error: Error): void => forming.fail(error)
  const needs = (peer: PeerId): boolean => seat.coordination?.needs(peer) === true
  const seat: Seat = new Seat({
    decider: init,
    peers,
    outbox,
    place,
    ancestor: () => moving.ancestor,
    isAwaited: () => caller.isAwaited,
    isAttended: (slot) => caller.attemptIn(slot)?.isHopeful === true,
    pairsOf(members: readonly PlanMember[]) {
      const request = caller.lastRequest
      return request === undefined ? [] : pairsOf(members, request, arrange)
    },
    decided: handlers.decided
  })
  const moving: Moving = new Moving({
    decider: init,
    seat,
    peers,
    outbox,
    caller,
    areAbsentGone: () => quorumWatch.areAbsentGone(3 * watch.intervalMs),
    fail,
    close,
    changed
  })
  const seeking = new Seeking({
    decider: init,
    peers,
    outbox,
    caller,
    moving,
    isPatienceOver: () => patience.isOver,
    open,
    fail,
    changed
  })
  const rhythm = new Rhythm()
  const forming = new Forming({
    decider: init,
    caller,
    seat,
    peers,
    outbox,
    seeking,
    patience,
    rhythm,
    changed
  })
  const beats = new Beats(outbox, needs)
  const watch = new Watch({
    clock,
    mesh,
    peers,
    suspectAfterMs: init.suspectAfterMs,
    attempt: () => caller.attempt,
    needs,
    stalled: ({ slot }, reason) =>
      seat.complain(slot, { kind: 'failed', culprit: undefined, reason }),
    beat: (attempt) => beats.give(attempt),
    changed
  })
  const joining = new Joining({
    decider: init,
    caller,
    seat,
    peers,
    moving,
    patience,
    watch,
    fail,
    changed
  })
  const probe = new Probe({
    clock,
    mesh,
    peers,
    intervalMs: watch.intervalMs,
    deadlineOf: (peer) => watch.deadlineOf(peer),
    ask: (peer) => outbox.tellAgain(peer, { ...seat.position(), isQuestion: true }),
    changed
  })
  const quorumWatch = new QuorumWatch(init, seat, (slot) => moving.loseQuorum(slot))
  const invitations = new Invitations({
    decider: init,
    seat,
    peers,
    chain,
    place,
    call: () => caller.call,
    isAtWork: () => caller.attempt !== undefined,
    open,
    quit: (slot, reason) => moving.quit(slot, { type: 'left', reason }, new Error(reason))
  })
  const prover = new Prover({ run, hasher, mesh, verifier })
  const inbox = new Inbox({
    seat,
    peers,
    outbox,
    chain,
    prover,
    onFound: (peer, message) => invitations.onFound(peer, message),
    onDecided: (peer, message) =>
      prover.checkDecision(message, () => {
        invitations.onDecided(peer, message)
        changed()
      }),
    onBeat: (peer, rank, message) => watch.onBeat(peer, rank, message),
    blame: (peer, { message }) => mesh.drop(peer, `malformed control message: ${message}`),
    onLateVote: () => joining.onLateVote(),
    onLost: (slot) => moving.loseTrack(slot),
    changed
  })
  return {
    caller,
    forming,
    rhythm,
    peers,
    outbox,
    inbox,
    seat,
    chain,
    seeking,
    moving,
    joining,
    beats,
    patience,
    watch,
    probe,
    quorumWatch
  }
}
