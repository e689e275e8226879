import type { PeerId, PlanMember } from '@daa-compute/interface'
import type { Call, Caller } from '../caller.ts'
import { type Configuration, foundConfiguration } from '../consensus/configuration.ts'
import type { QuorumDeciderInit } from '../decider-init.ts'
import type { AskMessage, FoundMessage } from '../wire/messages.ts'
import type { Outbox } from '../wire/outbox.ts'
import { Asking } from './asking.ts'
import { seek, type Seeker, type Step } from './founding.ts'
import type { Moving } from './moving.ts'
import type { Peers } from './peers.ts'

export interface SeekingInit {
  readonly decider: QuorumDeciderInit
  readonly peers: Peers
  readonly outbox: Outbox
  readonly caller: Caller
  readonly moving: Moving
  /** Whether peers that have not asked are waited for no longer. */
  isPatienceOver(): boolean
  /** A lineage was founded here. */
  open(config: Configuration, origin: FoundMessage): void
  fail(error: Error): void
  changed(): void
}

/** What a peer in no configuration does to get into one. */
export class Seeking {
  readonly #init: SeekingInit
  readonly #asking: Asking
  #lastAsk: { readonly linked: readonly PeerId[]; readonly message: AskMessage } | undefined

  constructor(init: SeekingInit) {
    const { decider, outbox, peers, changed } = init
    this.#init = init
    this.#asking = new Asking(decider.clock, outbox, peers, changed)
  }

  /** Asks, and sees what comes of it. */
  look(call: Call): void {
    const { fail } = this.#init
    this.#asking.ask(this.message(call))
    const step = this.step(call)
    if (step.type === 'fail') fail(step.error)
    else if (step.type === 'found') this.#found(step.members)
  }

  /** What is to be done next, as things stand. */
  step(call: Call): Step {
    return seek(this.#seeker(call), this.#init.peers)
  }

  /** Links come and go together; one message tells of all of them. */
  askAgainSoon(): void {
    this.#asking.askAgainSoon()
  }

  /** What was asked is answered, or not asked any more. */
  forget(): void {
    this.#asking.forget()
  }

  stop(): void {
    this.#asking.stop()
  }

  /** What a call asks of the others: the same object as long as it says the same. */
  message({ request, late, founds: isFounder }: Call): AskMessage {
    const { peers, caller, moving, decider } = this.#init
    const founds = isFounder && moving.mayFound
    const linked = peers.linked()
    const { lineage, sequence } = caller.place
    const last = this.#lastAsk
    const isSame =
      last?.linked === linked &&
      last.message.request === request &&
      last.message.late === late &&
      last.message.founds === founds &&
      last.message.lineage === lineage &&
      last.message.sequence === sequence
    if (isSame) return last.message
    const sees = linked.toSorted()
    const { budget } = decider
    const what = { lineage, sequence, late, founds, request, sees, budget }
    const message = { type: 'ask', isQuestion: false, ...what } as const
    this.#lastAsk = { linked, message }
    return message
  }

  #seeker(call: Call): Seeker {
    const { decider, moving, isPatienceOver } = this.#init
    const { self, incarnation, minPeers } = decider
    return {
      self,
      incarnation,
      ask: this.message(call),
      minPeers,
      sinceMs: call.sinceMs,
      isPatienceOver: (isPatienceOver() || call.isHurried) && !moving.isSettling,
      isForking: moving.isForking,
      isMovingOn: moving.isMovingOn,
      isYielding: call.yields && call.isHurried
    }
  }

  #found(members: readonly PlanMember[]): void {
    const { decider, caller, outbox, open } = this.#init
    const { run, hasher, random } = decider
    const { sequence } = caller.place
    const nonce = random.fill(new Uint8Array(32))
    const config = foundConfiguration({ run, sequence, previous: nonce, members }, hasher)
    const message: FoundMessage = { type: 'found', sequence, nonce, members }
    for (const { peer } of members) outbox.send(peer, message)
    open(config, message)
  }
}
