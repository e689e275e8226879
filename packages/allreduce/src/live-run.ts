import {
  comparePeerIds,
  createEmitter,
  type Emitter,
  type Hasher,
  type PeerId,
  type PlanMember
} from '@daa-compute/interface'
import type { AllReduceOptions, AllReduceResult } from './all-reduce.ts'
import { createArranger } from './arranger.ts'
import { AttemptRunner } from './attempt-runner.ts'
import { Bucket } from './bucket/bucket.ts'
import type { NamedTensors } from './bucket/layout.ts'
import { FORM_TIMEOUT_MS, MAX_ATTEMPTS_PER_ROUND, QUORUM_LOSS_MS } from './constants.ts'
import { explainRun } from './explain-run.ts'
import { ContributionMemory } from './executor/contributions.ts'
import { DataRouter } from './executor/router.ts'
import type { Values } from './executor/tensor.ts'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { memberBudget } from './member-budget.ts'
import { assertWithin } from './memory-need.ts'
import { Mesh } from './mesh/mesh.ts'
import { createRunMetrics, type RunMetrics } from './metrics.ts'
import { assertWeight, requestOf } from './round-request.ts'
import { toHex } from './round/wire/digest.ts'
import { leftError, outcomeUnknown, RoundError } from './round/errors.ts'
import { QuorumDecider } from './round/quorum-decider.ts'
import { Shelf } from './round/attempt/shelf.ts'
import type { Run, RunEvents, RunExplanation } from './run.ts'
import type { RunInit } from './run-init.ts'
import { type Flat, flatten } from './tensors.ts'

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
  readonly #bucket = new Bucket()
  readonly #shelf: Shelf
  readonly #runner: AttemptRunner
  readonly #events: Emitter<RunEvents> = createEmitter<RunEvents>()
  readonly #metrics: RunMetrics
  #state: RunExplanation['state'] = 'idle'
  #last: Promise<unknown> = Promise.resolve()
  #lineage = ''
  /** Incarnations of the participants of the last round. */
  #lastMembers: ReadonlySet<string> | undefined

  constructor(init: RunInit, minPeers: number) {
    const { connector, clock, random, run } = init
    this.#init = init
    this.id = run
    this.self = connector.self
    const { codec, resultCodec } = init
    const name = codec?.name ?? 'float32'
    this.codec = resultCodec === undefined ? name : `${name}/${resultCodec.name}`
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
      budget: memberBudget(init.budget),
      patienceMs: init.patienceMs,
      suspectAfterMs: init.suspectAfterMs,
      quorumLossMs: init.quorumLossMs ?? QUORUM_LOSS_MS,
      onQuorumLoss: init.onQuorumLoss ?? 'reject',
      arrange: createArranger(init.placement),
      unseated: () => this.#router.part(),
      moved: ({ lineage, sequence, attempt, members }) => {
        if (lineage !== this.#lineage) this.#router.reset()
        this.#lineage = lineage
        const peers = members.map(({ peer }) => peer)
        this.#events.emit('configuration', { lineage, members: peers, sequence, attempt })
      }
    })
    this.#runner = new AttemptRunner({
      self: this.self,
      clock,
      hasher: this.#hasher,
      codec,
      resultCodec,
      errorFeedback: init.errorFeedback,
      mesh: this.#mesh,
      router: this.#router,
      shelf: this.#shelf,
      contributions: new ContributionMemory()
    })
  }

  async start(): Promise<void> {
    await this.#shelf.start()
    await this.#mesh.start()
  }

  get members(): readonly PeerId[] {
    return [this.self, ...this.#mesh.upPeers()].toSorted(comparePeerIds)
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
      assertWeight(options.weight)
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
    const { algorithm = 'auto', enterLate = false, budget, errorFeedback } = this.#init
    const request = requestOf(flat, options, { codec: this.codec, algorithm })
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
        yields: options.yields,
        founds: options.founds,
        timeoutMs: formTimeoutMs - formingMs,
        assertFits: (size) =>
          assertWithin(budget?.memoryBytes, {
            length: request.length,
            dtype: request.dtype,
            isPacked: flat.layout !== '',
            isEncoded: request.codec !== request.dtype,
            isRuled: request.rule !== undefined,
            remembers: options.compressor !== undefined || errorFeedback !== undefined,
            size
          })
      })
      formingMs += clock.now() - since
      this.#enter('reducing')
      const recovered = attempt.isDecided
      const outcome = await this.#runner.run(attempt, flat, options)
      const { retry, bytesSent, bytesReceived, outliers } = outcome
      if (retry !== undefined) {
        reason = retry
        continue
      }
      const { id, members, algorithm: used } = attempt.plan
      const newcomers = this.#newcomers(members)
      return {
        participants: members.map(({ peer }) => peer),
        newcomers,
        outliers,
        recovered,
        lineage: id.lineage,
        sequence: id.sequence,
        attempt: id.attempt,
        algorithm: used,
        bytesSent,
        bytesReceived,
        durationMs: clock.now() - started
      }
    }
    // a lineage that was left may count what this call brought
    if (this.#decider.isInDoubt) throw outcomeUnknown([])
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

  explain(): RunExplanation {
    return explainRun({
      state: this.#state,
      decider: this.#decider,
      up: this.members,
      unreachable: this.#mesh.unreachable()
    })
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
