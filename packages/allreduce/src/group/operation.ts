import { asError, type Frame, type PeerId } from '@daa-compute/interface'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import { createReduction, type Reduction } from '../executor/reduction.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { RELEASE_PATIENCE_MS } from '../constants.ts'
import { aborted, GroupError, peerFailed } from './errors.ts'
import type { GroupFacts } from './facts.ts'
import type { GroupResult } from './group.ts'
import type { AbortMessage, Lane } from './lane.ts'
import type { GroupMessage, OperationState } from './messages.ts'
import { type Call, prepare, type Prepared } from './prepare.ts'
import { type ProgressWatch, watchProgress } from './progress-watch.ts'
import { type GroupRequest, mismatch } from './request.ts'
import type { Roll } from './roll.ts'

export interface OperationInit {
  readonly call: Call
  readonly facts: GroupFacts
  readonly lane: Lane
  readonly sequence: number
  readonly mesh: Mesh
  readonly roll: Roll
  tell(peer: PeerId, message: GroupMessage): void
  tellAll(message: GroupMessage): void
}

/** What members tell each other of a failure. */
interface Account {
  readonly culprit: PeerId | undefined
  readonly reason: string
}

/** One operation, from its turn to its end. */
export class Operation {
  request: GroupRequest | undefined
  readonly #init: OperationInit
  #reduction: Reduction | undefined
  #watch: ProgressWatch | undefined
  #failure: Error | undefined
  /** What another member told of the failure. */
  #account: Account | undefined
  #told = false
  readonly #toldOurs = new Set<PeerId>()

  constructor(init: OperationInit) {
    this.#init = init
  }

  /** How far it is, for members that ask. */
  get state(): OperationState {
    return this.#watch?.patient === true ? 'patient' : 'running'
  }

  /** @throws whatever the operation rejects with; the values are then as they were */
  async run(): Promise<GroupResult> {
    const { facts, lane, sequence, call, roll } = this.#init
    const { signal } = call.options
    const startedMs = facts.clock.now()
    const abort = (): void => this.fail(asError(signal?.reason))
    signal?.addEventListener('abort', abort)
    try {
      if (signal?.aborted === true) abort()
      const early = lane.takeEarly(sequence)
      const prepared = prepare(call, facts, lane, sequence, roll.incarnations)
      this.request = prepared.request
      if (early !== undefined) this.onAbort(early.peer, early.message)
      this.#assertAllUp()
      if (this.#failure !== undefined) throw this.#failure
      const { bytesSent, bytesReceived } = await this.#reduce(prepared)
      const durationMs = facts.clock.now() - startedMs
      return { sequence, range: prepared.range, bytesSent, bytesReceived, durationMs }
    } catch (error) {
      throw this.#giveUp(error)
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Ends it; the first error counts. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#reduction?.fail(error)
  }

  /** Another member has given it up. */
  onAbort(reporter: PeerId, { culprit, reason, request }: AbortMessage): void {
    if (this.#compare(reporter, request)) return
    this.#account ??= { culprit, reason }
    const { self } = this.#init.facts
    // who lost the link to this peer cannot know whose fault it was
    const isOther = culprit !== undefined && culprit !== self
    this.fail(isOther ? peerFailed(culprit, reporter, reason) : aborted(reporter, reason))
  }

  /** A member says how far it is. */
  onStatus(peer: PeerId, state: OperationState, request: GroupRequest | undefined): void {
    if (!this.#compare(peer, request)) this.#watch?.onStatus(peer, state)
  }

  /** A member goes by another plan: finds out in what it differs, and lets it find out. */
  onForeignFrame(peer: PeerId): void {
    if (this.#toldOurs.has(peer)) return
    this.#toldOurs.add(peer)
    const { lane, sequence, tell } = this.#init
    const id = { tag: lane.tag, sequence }
    tell(peer, { type: 'status', ...id, state: this.state, request: this.request })
    tell(peer, { type: 'ask', ...id })
  }

  /** A member is gone. */
  onDown(peer: PeerId, reason: string): void {
    this.fail(peerFailed(peer, this.#init.facts.self, `it is gone: ${reason}`))
  }

  async #reduce(prepared: Prepared): Promise<Pick<Reduction, 'bytesSent' | 'bytesReceived'>> {
    const { facts, lane, mesh, call } = this.#init
    const { tensor } = prepared
    const sending = new AbortController()
    lane.undo.begin(tensor)
    const reduction = createReduction({
      ...prepared,
      values: tensor,
      rank: facts.rank,
      undo: lane.undo,
      hasher: facts.hasher,
      router: lane.router,
      onProgress: call.options.onProgress,
      send: (rank: number, frame: Frame) =>
        mesh.sendData(this.#member(rank), frame, lane.tag, { signal: sending.signal })
    })
    this.#reduction = reduction
    this.#watch = watchProgress({
      clock: facts.clock,
      self: facts.self,
      members: facts.members,
      patienceMs: facts.patienceMs,
      reduction,
      link: (peer) => mesh.get(peer),
      ask: (peer) =>
        this.#init.tell(peer, { type: 'ask', tag: lane.tag, sequence: this.#init.sequence }),
      fail: (error) => this.fail(error)
    })
    try {
      await reduction.run()
      lane.undo.release()
      prepared.unpack()
      return reduction
    } catch (error) {
      const final = this.#giveUp(error)
      // others may still take what is on its way, so it must not change before
      await this.#untilReleased(reduction, sending)
      lane.undo.restore()
      throw final
    } finally {
      this.#watch.stop()
    }
  }

  /** Waits until no send borrows the values; a member that takes nothing is not waited for long. */
  async #untilReleased(reduction: Reduction, sending: AbortController): Promise<void> {
    const { clock } = this.#init.facts
    const cancel = clock.schedule(RELEASE_PATIENCE_MS, () =>
      sending.abort(new Error('the operation was given up'))
    )
    await reduction.released()
    cancel()
  }

  /** Whether a member has called something else: then this fails. */
  #compare(peer: PeerId, theirs: GroupRequest | undefined): boolean {
    if (theirs === undefined || this.request === undefined) return false
    const error = mismatch(this.request, theirs, peer)
    if (error === undefined) return false
    this.fail(error)
    return true
  }

  #assertAllUp(): void {
    const { facts, mesh, roll } = this.#init
    for (const peer of facts.members) {
      if (peer === facts.self) continue
      const link = mesh.get(peer)
      if (link !== undefined && link.incarnation === roll.incarnations.get(peer)) continue
      const reason = roll.lossOf(peer) ?? mesh.unreachable().get(peer) ?? 'it was not seen yet'
      throw peerFailed(peer, facts.self, `it is gone: ${reason}`)
    }
  }

  /** Tells the others, once, and makes of an error what the caller gets. */
  #giveUp(error: unknown): Error {
    const { lane, sequence, facts, tellAll } = this.#init
    const final = this.#finalError(error)
    this.#failure = final
    if (!this.#told) {
      this.#told = true
      const account = this.#account ?? accountOf(final, facts.self)
      const id = { tag: lane.tag, sequence }
      tellAll({ type: 'abort', ...id, ...account, request: this.request })
    }
    return final
  }

  #finalError(error: unknown): Error {
    const { self } = this.#init.facts
    if (error instanceof AttemptFailure) {
      return error.culprit === undefined
        ? aborted(self, error.message)
        : peerFailed(error.culprit, self, error.message)
    }
    return asError(error)
  }

  #member(rank: number): PeerId {
    const peer = this.#init.facts.members[rank]
    if (peer === undefined) throw new RangeError(`there is no rank ${rank}`)
    return peer
  }
}

function accountOf(error: Error, self: PeerId): Account {
  if (error instanceof GroupError) {
    switch (error.code) {
      case 'PEER_FAILED':
        return { ...(error as GroupError<'PEER_FAILED'>).detail }
      case 'ABORTED':
        return { culprit: undefined, reason: (error as GroupError<'ABORTED'>).detail.reason }
      case 'REQUEST_MISMATCH':
      case 'NOT_CALLED':
        return { culprit: undefined, reason: error.message }
    }
  }
  // its caller's signal, values or options
  return { culprit: self, reason: `it gave up: ${error.message}` }
}
