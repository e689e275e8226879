import {
  type Attempt,
  type Ballot,
  comparePeerIds,
  createEmitter,
  type Emitter,
  type Hasher,
  type PeerId,
  type PlanMember,
  type RoundRequest
} from '@daa-compute/interface'
import { asError } from './as-error.ts'
import { Bucket } from './bucket/bucket.ts'
import type { NamedTensors } from './bucket/layout.ts'
import {
  ACKNOWLEDGE_MS,
  FORM_TIMEOUT_MS,
  MAX_ATTEMPTS_PER_ROUND,
  MAX_WEIGHT,
  QUORUM_LOSS_MS,
  RELEASE_PATIENCE_MS,
  SMALL_RESULT_LENGTH
} from './constants.ts'
import { AttemptFailure } from './executor/attempt-failure.ts'
import { createReduction, type Reduction } from './executor/reduction.ts'
import { DataRouter } from './executor/router.ts'
import { createArranger } from './arranger.ts'
import { bytesOf, createValues, type Values } from './executor/tensor.ts'
import { UndoBuffer } from './executor/undo.ts'
import { sha256Hasher } from './hasher.ts'
import { Mesh } from './mesh/mesh.ts'
import { createRunMetrics, type RunMetrics } from './metrics.ts'
import { toHex } from './round/digest.ts'
import { leftError, RoundError } from './round/errors.ts'
import { QuorumDecider } from './round/quorum-decider.ts'
import { Shelf } from './round/shelf.ts'
import type {
  AllReduceOptions,
  AllReduceResult,
  Run,
  RunEvents,
  RunExplanation,
  RunInit
} from './run.ts'
import { type Flat, flatten } from './tensors.ts'

/** What became of one attempt: how to vote, and what crossed the network. */
interface Outcome {
  readonly ballot: Ballot
  /** Resolves when nothing that is on its way to others lies in the values any more. */
  released(): Promise<void>
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** A run as this peer lives it. */
export class LiveRun implements Run {
  readonly id: string
  readonly self: PeerId
  readonly codec: string
  readonly #init: RunInit
  readonly #hasher: Hasher
  readonly #mesh: Mesh
  readonly #decider: QuorumDecider
  readonly #router = new DataRouter()
  readonly #undo = new UndoBuffer()
  readonly #bucket = new Bucket()
  readonly #shelf: Shelf
  readonly #events: Emitter<RunEvents> = createEmitter<RunEvents>()
  readonly #metrics: RunMetrics
  #state: RunExplanation['state'] = 'idle'
  #last: Promise<unknown> = Promise.resolve()

  constructor(init: RunInit, minPeers: number) {
    const { connector, clock, random, run } = init
    this.#init = init
    this.id = run
    this.self = connector.self
    this.codec = init.codec?.name ?? 'float32'
    this.#hasher = init.hasher ?? sha256Hasher
    this.#metrics = createRunMetrics(init.metrics, run)
    const incarnation = toHex(random.fill(new Uint8Array(8)))
    this.#shelf = new Shelf({ run, connector, clock, hasher: this.#hasher })
    this.#mesh = new Mesh({
      ...init,
      greeting: { runId: run, incarnation, hasher: this.#hasher.name },
      handlers: {
        onUp: (peer) => {
          this.#decider.onUp(peer)
          this.#events.emit('member:up', { peer })
        },
        onDown: (peer, reason) => {
          this.#router.forget(peer)
          this.#decider.onDown(peer, reason)
          this.#events.emit('member:down', { peer, reason })
        },
        onRefused: (peer, reason) => {
          this.#decider.onRefused(peer, reason)
          this.#events.emit('refused', { peer, reason })
        },
        onControl: (peer, message) => this.#decider.onControl(peer, message),
        onData: (peer, frame) => this.#router.deliver(peer, frame)
      }
    })
    this.#decider = new QuorumDecider({
      run,
      self: this.self,
      incarnation,
      mesh: this.#mesh,
      clock,
      random,
      hasher: this.#hasher,
      signer: init.signer,
      verifier: init.verifier,
      minPeers,
      patienceMs: init.patienceMs,
      suspectAfterMs: init.suspectAfterMs,
      quorumLossMs: init.quorumLossMs ?? QUORUM_LOSS_MS,
      onQuorumLoss: init.onQuorumLoss ?? 'reject',
      arrange: createArranger(init.placement),
      moved: (lineage, members) => {
        if (lineage !== this.#lineage) this.#router.reset()
        this.#lineage = lineage
        this.#events.emit('configuration', { lineage, members })
      }
    })
  }

  #lineage = ''
  /** Incarnations of the participants of the last round. */
  #lastMembers: ReadonlySet<string> | undefined

  async start(): Promise<void> {
    await this.#shelf.start()
    await this.#mesh.start()
  }

  get members(): readonly PeerId[] {
    const others = Array.from(this.#mesh.up(), ({ peer }) => peer)
    return [this.self, ...others].toSorted(comparePeerIds)
  }

  on<Name extends keyof RunEvents>(
    name: Name,
    listener: (event: RunEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options: AllReduceOptions = {}
  ): Promise<AllReduceResult<Reduced>> {
    const round = this.#last.then(() => this.#round(values, options))
    this.#last = round.catch(() => undefined)
    return round
  }

  async #round<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options: AllReduceOptions
  ): Promise<AllReduceResult<Reduced>> {
    const started = this.#init.clock.now()
    try {
      assertWeight(options.weight ?? 1)
      const flat = flatten(values, options.dtype, this.#bucket, this.#hasher)
      const rest = await this.#attempts(flat, options, started)
      flat.unpack()
      this.#metrics.succeeded(rest)
      this.#events.emit('round', rest)
      return { values, ...rest }
    } catch (error) {
      this.#metrics.failed(error)
      this.#events.emit('failure', { error })
      throw error
    } finally {
      if (this.#state !== 'left') this.#state = 'idle'
    }
  }

  /** Tries until the round counts, or the decider says that it will not for this peer. */
  async #attempts(
    flat: Flat,
    options: AllReduceOptions,
    started: number
  ): Promise<Omit<AllReduceResult, 'values'>> {
    const { algorithm = 'auto', enterLate = false } = this.#init
    const request: RoundRequest = {
      collective: 'allReduce',
      op: options.op ?? 'mean',
      dtype: flat.dtype,
      length: flat.values.length,
      layout: flat.layout,
      // codecs are for float32; other values cross as they are
      codec: flat.dtype === 'float32' ? this.codec : flat.dtype,
      algorithm
    }
    const late = options.enterLate ?? enterLate
    const { clock, formTimeoutMs = FORM_TIMEOUT_MS } = this.#init
    let formingMs = 0
    let reason = ''
    for (let tries = 0; tries < MAX_ATTEMPTS_PER_ROUND; tries++) {
      if (this.#state === 'left') throw leftError(this.id)
      this.#enter('forming')
      const since = clock.now()
      const attempt = await this.#decider.form(request, {
        signal: options.signal,
        enterLate: late,
        timeoutMs: formTimeoutMs - formingMs
      })
      formingMs += clock.now() - since
      this.#enter('reducing')
      const recovered = attempt.isDecided
      const outcome = await this.#reduce(attempt, flat, options)
      this.#enter('deciding')
      const retry = await this.#decide(attempt, flat, outcome)
      if (retry !== undefined) {
        reason = retry
        continue
      }
      const { id, members, algorithm: used } = attempt.plan
      const newcomers = this.#newcomers(members)
      return {
        participants: members.map(({ peer }) => peer),
        newcomers,
        recovered,
        lineage: id.lineage,
        sequence: id.sequence,
        attempt: id.attempt,
        algorithm: used,
        bytesSent: outcome.bytesSent,
        bytesReceived: outcome.bytesReceived,
        durationMs: clock.now() - started
      }
    }
    throw new RoundError(
      'ABORTED',
      `the round failed ${MAX_ATTEMPTS_PER_ROUND} times, the last because ${reason}`,
      { attempts: MAX_ATTEMPTS_PER_ROUND, reason }
    )
  }

  /** Participants that had no part in the last round that counted here. */
  #newcomers(members: readonly PlanMember[]): PeerId[] {
    const before = this.#lastMembers
    this.#lastMembers = new Set(members.map(({ incarnation }) => incarnation))
    if (before === undefined) return []
    return members.filter(({ incarnation }) => !before.has(incarnation)).map(({ peer }) => peer)
  }

  /** Moves the values; whatever goes wrong becomes a vote against. */
  async #reduce(attempt: Attempt, flat: Flat, options: AllReduceOptions): Promise<Outcome> {
    const { plan, doomed } = attempt
    const { codec } = this.#init
    const { signal } = options
    const values = flat.values.length === 0 ? createValues(flat.dtype, 1) : flat.values
    this.#undo.begin(values)
    let reduction: Reduction | undefined
    const sending = new AbortController()
    const released = (): Promise<void> => this.#untilReleased(reduction, sending)
    const doom = (): void => reduction?.fail(asError(doomed.reason))
    const abort = (): void => reduction?.fail(asError(signal?.reason))
    try {
      const started = createReduction({
        plan,
        rank: plan.members.findIndex(({ peer }) => peer === this.self),
        values,
        weight: options.weight ?? 1,
        undo: this.#undo,
        codec: plan.dtype !== 'float32' || codec?.name === 'float32' ? undefined : codec,
        hasher: this.#hasher,
        router: this.#router,
        send: (rank, frame) => {
          const peer = plan.members[rank]?.peer
          if (peer === undefined) throw new RangeError(`there is no rank ${rank}`)
          return this.#mesh.sendData(peer, frame, undefined, { signal: sending.signal })
        },
        onProgress: options.onProgress
      })
      reduction = started
      attempt.observe(() => ({
        done: started.segmentsDone,
        awaited: started.awaited(),
        offered: started.offered,
        taken: started.taken
      }))
      doomed.addEventListener('abort', doom)
      signal?.addEventListener('abort', abort)
      const running = started.run()
      if (doomed.aborted) doom()
      if (signal?.aborted === true) abort()
      const digest = await running
      this.#shelf.put(digest, bytesOf(flat.values))
      const { bytesSent, bytesReceived } = started
      return { ballot: { type: 'commit', digest }, released, bytesSent, bytesReceived }
    } catch (error) {
      if (doomed.reason instanceof RoundError || signal?.aborted === true) {
        const cause = doomed.reason instanceof RoundError ? doomed.reason : signal?.reason
        attempt.abandon(asError(cause).message)
        await released()
        this.#undo.restore()
        throw cause
      }
      const { bytesSent = 0, bytesReceived = 0 } = reduction ?? {}
      return { ballot: against(error), released, bytesSent, bytesReceived }
    } finally {
      doomed.removeEventListener('abort', doom)
      signal?.removeEventListener('abort', abort)
    }
  }

  /**
   * Others may still take what is on its way and count the round, so it must not
   * change before; a peer that takes nothing is not waited for long.
   */
  async #untilReleased(reduction: Reduction | undefined, sending: AbortController): Promise<void> {
    const cancel = this.#init.clock.schedule(RELEASE_PATIENCE_MS, () =>
      sending.abort(new Error('the attempt was given up'))
    )
    await reduction?.released()
    cancel()
  }

  /**
   * Votes until it is known what becomes of the attempt, getting the result from
   * the others if need be.
   *
   * @returns why it has to be tried again, if it has to
   */
  async #decide(
    attempt: Attempt,
    { values }: Flat,
    { ballot: first, released }: Outcome
  ): Promise<string | undefined> {
    let ballot = first
    for (;;) {
      const verdict = await attempt.vote(ballot)
      switch (verdict.type) {
        case 'commit':
          await this.#accept(attempt, bytesOf(values).length)
          return undefined
        case 'fetch':
          await released()
          ballot = await this.#fetch(values, verdict.digest, verdict.holders)
          break
        case 'left':
          this.#shelf.clear()
          await released()
          this.#undo.restore()
          return verdict.reason
        case 'retry':
          // what is still on its way is of an attempt that nobody will count
          this.#shelf.clear()
          this.#undo.restore()
          return verdict.reason
        case 'unknown':
          // if it counts, this peer's next call, or another member, will want it
          if (ballot.type === 'commit') this.#shelf.keep()
          else this.#shelf.clear()
          await released()
          this.#undo.restore()
          if (this.#state === 'left') throw leftError(this.id)
          if (attempt.doomed.reason instanceof RoundError && ballot.type === 'abort') {
            throw attempt.doomed.reason
          }
          throw unknownOutcome(verdict.missing)
      }
    }
  }

  /** The round counts: the caller gets its array back, and who lacks the result a copy. */
  async #accept(attempt: Attempt, length: number): Promise<void> {
    const isHeldByAll = await attempt.acknowledged(
      length <= SMALL_RESULT_LENGTH ? 0 : ACKNOWLEDGE_MS
    )
    if (isHeldByAll) this.#shelf.clear()
    else this.#shelf.keep()
    this.#undo.release()
  }

  async #fetch(values: Values, digest: Uint8Array, holders: readonly PeerId[]): Promise<Ballot> {
    this.#undo.restore()
    this.#undo.begin(values)
    this.#undo.save(0, values.length)
    const bytes = bytesOf(values)
    try {
      await this.#shelf.fetch(digest, holders, bytes)
      this.#shelf.put(digest, bytes)
      return { type: 'commit', digest }
    } catch (error) {
      this.#undo.restore()
      return against(error)
    }
  }

  explain(): RunExplanation {
    const { slot, place } = this.#decider
    const { sequence, attempt } = slot?.config ?? { ...place, attempt: 0 }
    const members = slot?.config.members.map(({ peer }) => peer) ?? []
    const up = this.members
    const awaited = Object.fromEntries(this.#decider.awaited())
    const unreachable = Object.fromEntries(this.#mesh.unreachable())
    const reasons = Object.entries(awaited).map(([peer, why]) => `${peer} (${why})`)
    const waiting = reasons.length > 0 ? `, waiting for ${reasons.join(', ')}` : ''
    const group = slot === undefined ? 'no group yet' : `a group of ${members.length}`
    const summary = `${this.#state} round ${sequence} (attempt ${attempt}), ${group}, ${up.length} peers up${waiting}`
    return { state: this.#state, sequence, attempt, up, members, awaited, unreachable, summary }
  }

  async leave(): Promise<void> {
    this.#state = 'left'
    await this.#decider.stop()
    this.#router.stop()
    await this.#shelf.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  #enter(state: RunExplanation['state']): void {
    if (this.#state !== 'left') this.#state = state
  }
}

function assertWeight(weight: number): void {
  if (weight >= 0 && weight <= MAX_WEIGHT) return
  throw new RoundError(
    'BAD_WEIGHT',
    `a weight is at least 0 and at most ${MAX_WEIGHT}, not ${weight}`,
    { weight, limit: MAX_WEIGHT }
  )
}

function against(error: unknown): Ballot {
  const culprit = error instanceof AttemptFailure ? error.culprit : undefined
  return { type: 'abort', culprit, reason: asError(error).message }
}

function unknownOutcome(missing: readonly PeerId[]): RoundError {
  return new RoundError(
    'OUTCOME_UNKNOWN',
    `this peer finished the round, but cannot learn whether it counts: ${missing.join(', ')} do not answer; call again, and if it did, BEHIND says so`,
    { missing }
  )
}
