import type {
  Attempt,
  AttemptProgress,
  Ballot,
  Clock,
  Plan,
  RoundRequest,
  Verdict
} from '@daa-compute/interface'
import { FINISH_PATIENCE_MS } from '../../constants.ts'
import { AttemptFailure } from '../../executor/attempt-failure.ts'
import { sameDigest, toHex } from '../wire/digest.ts'
import type { Complaint } from '../wire/messages.ts'
import type { Slot } from '../consensus/slot.ts'

export interface LiveAttemptInit {
  readonly plan: Plan
  readonly request: RoundRequest
  readonly slot: Slot
  readonly clock: Clock
  /** Tells the others what is wrong here. */
  complain(complaint: Complaint): void
  /** It is over for this peer, with this verdict if it waited for one. */
  over(verdict: Verdict | undefined): void
}

/** One peer's part in one attempt, between its decider and its reduction. */
export class LiveAttempt implements Attempt {
  readonly plan: Plan
  readonly request: RoundRequest
  readonly slot: Slot
  readonly #init: LiveAttemptInit
  readonly #doom = new AbortController()
  readonly #fetched = new Set<string>()
  #progress: () => AttemptProgress = () => NOTHING
  #verdict: PromiseWithResolvers<Verdict> | undefined
  #isOver = false
  #cannotFetch = false
  #cancelGiveUp: (() => void) | undefined
  #settled: Verdict | undefined
  #held: (() => void) | undefined

  constructor(init: LiveAttemptInit) {
    this.#init = init
    this.plan = init.plan
    this.request = init.request
    this.slot = init.slot
  }

  get doomed(): AbortSignal {
    return this.#doom.signal
  }

  get isDecided(): boolean {
    return this.slot.decision !== undefined
  }

  /** Whether it may yet come to hold the result. */
  get isHopeful(): boolean {
    return !this.#isOver && !this.#cannotFetch
  }

  get progress(): AttemptProgress {
    return this.#progress()
  }

  /** Whether this peer waits for what becomes of its vote. */
  get isVoting(): boolean {
    return this.#verdict !== undefined
  }

  observe(progress: () => AttemptProgress): void {
    this.#progress = progress
  }

  vote(ballot: Ballot): Promise<Verdict> {
    const verdict = Promise.withResolvers<Verdict>()
    this.#verdict = verdict
    if (this.#settled !== undefined) {
      this.#end(this.#settled)
      return verdict.promise
    }
    if (ballot.type === 'commit') this.slot.hold(ballot.digest)
    else if (!this.#doom.signal.aborted) {
      this.#init.complain({ kind: 'failed', culprit: ballot.culprit, reason: ballot.reason })
    }
    this.evaluate()
    return verdict.promise
  }

  abandon(reason: string): void {
    if (this.#isOver) return
    if (this.slot.decision === undefined) {
      this.#init.complain({ kind: 'withdrawn', culprit: undefined, reason })
    }
    this.#end(undefined)
  }

  acknowledged(withinMs: number): Promise<boolean> {
    const digest = this.slot.acceptor.held
    const isHeld = (): boolean => digest !== undefined && this.slot.everybodyHolds(digest)
    if (isHeld() || withinMs <= 0) return Promise.resolve(isHeld())
    return new Promise((resolve) => {
      const cancel = this.#init.clock.schedule(withinMs, () => {
        this.#held = undefined
        resolve(false)
      })
      this.#held = () => {
        if (!isHeld()) return
        cancel()
        this.#held = undefined
        resolve(true)
      }
    })
  }

  /** Looks at the slot again, after anything has changed. */
  evaluate(): void {
    this.#held?.()
    if (this.#isOver) return
    const { decision, missing, acceptor } = this.slot
    if (decision === undefined && acceptor.proposal?.kind === 'retry') {
      return this.#giveUp('the attempt is given up')
    }
    if (missing !== undefined && !this.isVoting) return this.#finishOrGiveUp()
    if (missing !== undefined) return this.#fetch(missing)
    if (decision?.value.kind === 'retry') {
      const { culprit, reason } = decision.value
      this.#giveUp(reason)
      if (this.isVoting) this.#end({ type: 'retry', culprit, reason })
    } else if (decision?.value.result !== undefined && this.isVoting) {
      this.#end({ type: 'commit', digest: decision.value.result })
    }
  }

  /** Stops the reduction, for a reason that is the caller's error if it is a typed one. */
  doom(reason: Error): void {
    if (!this.#doom.signal.aborted) this.#doom.abort(reason)
  }

  /** Ends it without a decision. */
  settle(verdict: Verdict, reason: Error): void {
    this.#settled = verdict
    this.doom(reason)
    if (this.isVoting) this.#end(verdict)
  }

  #giveUp(reason: string): void {
    this.doom(new AttemptFailure(reason))
  }

  /**
   * The others have the result. What this peer lacks is mostly on its way, and then
   * there is no quicker way to it: only when nothing more comes is it fetched.
   */
  #finishOrGiveUp(): void {
    if (this.#doom.signal.aborted || this.#cancelGiveUp !== undefined) return
    const { done } = this.progress
    this.#cancelGiveUp = this.#init.clock.schedule(FINISH_PATIENCE_MS, () => {
      this.#cancelGiveUp = undefined
      if (this.#isOver || this.isVoting) return
      if (this.progress.done === done) this.#giveUp('the others have the result')
      else this.#finishOrGiveUp()
    })
  }

  /** A result counts, or is about to, that this peer does not hold. */
  #fetch(digest: Uint8Array): void {
    this.#giveUp('the others have the result')
    const key = toHex(digest)
    const holders = this.slot.holdersOf(digest)
    const verdict = this.#verdict
    if (verdict === undefined) return
    if (!this.#fetched.has(key)) {
      this.#fetched.add(key)
      this.#verdict = undefined
      verdict.resolve({ type: 'fetch', digest, holders })
    } else if (this.slot.decision !== undefined) {
      // it counts, and nobody who has it hands it over
      this.#end({ type: 'unknown', missing: holders })
    } else {
      this.#cannotFetch = true
      this.slot.reconsider()
    }
  }

  #end(verdict: Verdict | undefined): void {
    this.#isOver = true
    this.#cancelGiveUp?.()
    const waiting = this.#verdict
    this.#verdict = undefined
    this.#init.over(verdict)
    if (verdict !== undefined) waiting?.resolve(verdict)
  }

  /** Whether the result that is held is the one that counts. */
  get isCounted(): boolean {
    const { decision, acceptor } = this.slot
    const result = decision?.value.result
    return result !== undefined && acceptor.held !== undefined && sameDigest(result, acceptor.held)
  }
}

const NOTHING: AttemptProgress = { done: 0, awaited: [], offered: new Map(), taken: new Map() }
