import {
  comparePeerIds,
  createEmitter,
  type Emitter,
  type Hasher,
  type PeerId,
  type Verdict
} from '@daa-compute/interface'
import { FORM_TIMEOUT_MS, MAX_WEIGHT, PATIENCE_MS, SUSPECT_AFTER_MS } from './constants.ts'
import { findNonFinite } from './executor/arithmetic.ts'
import { DataRouter } from './executor/router.ts'
import { UndoBuffer } from './executor/undo.ts'
import { sha256Hasher } from './hasher.ts'
import { Mesh } from './mesh/mesh.ts'
import { createRunMetrics, type RunMetrics } from './metrics.ts'
import { leftError, RoundError } from './round/errors.ts'
import { toHex } from './round/plan.ts'
import { initialPosition, type Position } from './round/position.ts'
import { reduce } from './round/reduction.ts'
import { createUnanimousDecider, type UnanimousDecider } from './round/unanimous-decider.ts'
import type {
  AllReduceOptions,
  AllReduceResult,
  Run,
  RunEvents,
  RunExplanation,
  RunInit
} from './run.ts'

/** A run as this peer lives it. */
export class LiveRun implements Run {
  readonly id: string
  readonly self: PeerId
  readonly codec: string
  readonly #init: RunInit
  readonly #hasher: Hasher
  readonly #mesh: Mesh
  readonly #decider: UnanimousDecider
  readonly #position: Position
  readonly #router = new DataRouter()
  readonly #undo = new UndoBuffer()
  readonly #events: Emitter<RunEvents> = createEmitter<RunEvents>()
  readonly #metrics: RunMetrics
  #state: RunExplanation['state'] = 'idle'
  #last: Promise<unknown> = Promise.resolve()

  constructor(init: RunInit, minPeers: number) {
    this.#init = init
    this.id = init.run
    this.self = init.connector.self
    this.codec = init.codec?.name ?? 'float32'
    this.#hasher = init.hasher ?? sha256Hasher
    this.#metrics = createRunMetrics(init.metrics, init.run)
    this.#position = initialPosition(init.enterLate === true)
    const incarnation = toHex(init.random.fill(new Uint8Array(8)))
    this.#mesh = new Mesh({
      ...init,
      greeting: { runId: init.run, incarnation, hasher: this.#hasher.name },
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
    this.#decider = createUnanimousDecider({
      run: init.run,
      self: this.self,
      incarnation,
      mesh: this.#mesh,
      clock: init.clock,
      hasher: this.#hasher,
      position: this.#position,
      minPeers,
      patienceMs: init.patienceMs ?? PATIENCE_MS,
      formTimeoutMs: init.formTimeoutMs ?? FORM_TIMEOUT_MS,
      suspectAfterMs: init.suspectAfterMs ?? SUSPECT_AFTER_MS
    })
  }

  async start(): Promise<void> {
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

  allReduce(values: Float32Array, options: AllReduceOptions = {}): Promise<AllReduceResult> {
    const round = this.#last.then(() => this.#round(values, options))
    this.#last = round.catch(() => undefined)
    return round
  }

  async #round(values: Float32Array, options: AllReduceOptions): Promise<AllReduceResult> {
    const started = this.#init.clock.now()
    try {
      assertReducible(values, options.weight ?? 1)
      const result = await this.#attempt(values, options, started)
      const { values: _, ...rest } = result
      this.#metrics.succeeded(rest)
      this.#events.emit('round', rest)
      return result
    } catch (error) {
      this.#metrics.failed(error)
      this.#events.emit('failure', { error })
      throw error
    } finally {
      if (this.#state !== 'left') this.#state = 'idle'
    }
  }

  async #attempt(
    values: Float32Array,
    { weight = 1, signal }: AllReduceOptions,
    started: number
  ): Promise<AllReduceResult> {
    const { clock, codec, algorithm = 'ring' } = this.#init
    this.#enter('forming')
    const request = {
      dtype: 'float32',
      length: values.length,
      codec: this.codec,
      algorithm,
      weight
    } as const
    const attempt = await this.#decider.form(request, { signal })

    this.#enter('reducing')
    this.#undo.begin(values)
    const { ballot, bytesSent, bytesReceived } = await reduce({
      attempt,
      self: this.self,
      values,
      undo: this.#undo,
      codec: codec?.name === 'float32' ? undefined : codec,
      hasher: this.#hasher,
      clock,
      mesh: this.#mesh,
      router: this.#router,
      signal
    })

    this.#enter('deciding')
    const verdict = await attempt.vote(ballot)
    if (verdict.type !== 'commit') {
      this.#undo.restore()
      if (verdict.type === 'abort') {
        signal?.throwIfAborted()
        if (this.#state === 'left') throw leftError(this.id)
      }
      throw failureOf(verdict, this.self)
    }
    this.#undo.release()
    const { plan } = attempt
    return {
      values,
      participants: plan.members.map(({ peer }) => peer),
      sequence: plan.id.sequence,
      attempt: plan.id.attempt,
      algorithm: plan.algorithm,
      bytesSent,
      bytesReceived,
      durationMs: clock.now() - started
    }
  }

  explain(): RunExplanation {
    const { sequence, attempt } = this.#position
    const up = this.members
    const awaited = this.#decider.awaited()
    const unreachable = Object.fromEntries(this.#mesh.unreachable())
    const waiting = awaited.length > 0 ? `, waiting for ${awaited.join(', ')}` : ''
    const summary = `${this.#state} round ${sequence} (attempt ${attempt}) with ${up.length} peers up${waiting}`
    return { state: this.#state, sequence, attempt, up, awaited, unreachable, summary }
  }

  async leave(): Promise<void> {
    this.#state = 'left'
    this.#router.stop()
    await this.#decider.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  #enter(state: RunExplanation['state']): void {
    if (this.#state !== 'left') this.#state = state
  }
}

function assertReducible(values: Float32Array, weight: number): void {
  if (!(weight > 0 && weight <= MAX_WEIGHT)) {
    throw new RoundError(
      'BAD_WEIGHT',
      `a weight is more than 0 and at most ${MAX_WEIGHT}, not ${weight}`,
      { weight, limit: MAX_WEIGHT }
    )
  }
  // by its tag: an array of another realm is none of this one's class
  const actual = Object.prototype.toString.call(values).slice(8, -1)
  if (actual !== 'Float32Array') {
    throw new RoundError(
      'BAD_DTYPE',
      `values have to be a Float32Array, not ${actual}: convert them first`,
      { actual }
    )
  }
  const index = findNonFinite(values)
  if (index !== -1) {
    const value = values[index] ?? Number.NaN
    throw new RoundError(
      'NON_FINITE',
      `the value at index ${index} is ${value}: it would spoil every peer's mean, so nothing was sent`,
      { index, value }
    )
  }
}

function failureOf(verdict: Exclude<Verdict, { type: 'commit' }>, self: PeerId): RoundError {
  if (verdict.type === 'unknown') {
    const { missing } = verdict
    return new RoundError(
      'OUTCOME_UNKNOWN',
      `${missing.join(', ')} vanished before voting: the others may count this round or not; call again to find out`,
      { missing }
    )
  }
  const { culprit, reporter, reason } = verdict
  // who lost the link to this peer cannot know whose fault it was
  if (culprit === undefined || culprit === self) {
    return new RoundError('ABORTED', `the round was given up: ${reason}; call again`, {
      reporter,
      reason
    })
  }
  return new RoundError(
    'PEER_FAILED',
    `the round failed because of ${culprit}, says ${reporter}: ${reason}; call again to go on without it`,
    { culprit, reporter, reason }
  )
}
