import { asError, createEmitter, type Emitter, type PeerId } from '@daa-compute/interface'
import { MAX_WEIGHT } from '../constants.ts'
import { joinRun } from '../join-run.ts'
import { toHex } from '../round/wire/digest.ts'
import type { AllReduceResult } from '../all-reduce.ts'
import type { Run } from '../run.ts'
import { axisOf, cellOf, type GridShape, placeOf } from './cells.ts'
import { cellDirectory } from './cell-directory.ts'
import { GATHER_MS, MATCHMAKERS } from './constants.ts'
import { GridError } from './errors.ts'
import type {
  AverageOptions,
  Grid,
  GridEvents,
  GridExplanation,
  GridInit,
  GridResult
} from './grid.ts'
import { allLinked } from './all-linked.ts'
import { Matchmaker } from './matchmaker.ts'
import { Matchmaking } from './matchmaking.ts'
import type { MatchMessage } from './messages.ts'
import { createGridMetrics, type GridMetrics } from './metrics.ts'
import { Weighing } from './weighing.ts'

/** A grid as this peer lives it. */
export class LiveGrid implements Grid {
  readonly id: string
  readonly self: PeerId
  readonly #init: GridInit
  readonly #shape: GridShape
  readonly #gatherMs: number
  readonly #matchmaker: Matchmaker
  readonly #matchmaking: Matchmaking
  readonly #metrics: GridMetrics
  readonly #weighing = new Weighing()
  readonly #events: Emitter<GridEvents> = createEmitter<GridEvents>()
  readonly #stopping = new AbortController()
  readonly #coordinates: number[]
  #state: GridExplanation['state'] = 'idle'
  /** The step that comes next. */
  #step = 0
  #weight = 1
  #group: readonly PeerId[] = []
  #last: Promise<unknown> = Promise.resolve()
  /** The group before is being left: at most one at a time. */
  #leaving: Promise<unknown> = Promise.resolve()

  constructor(init: GridInit, shape: GridShape) {
    const { connector, clock, random, run, directory, logger } = init
    this.#init = init
    this.#shape = shape
    this.id = run
    this.self = connector.self
    this.#coordinates = [...(init.coordinates ?? placeOf(this.self, shape))]
    this.#gatherMs = init.gatherMs ?? GATHER_MS
    const gatherMs = this.#gatherMs
    this.#metrics = createGridMetrics(init.metrics, run)
    this.#matchmaker = new Matchmaker({ clock, random, gatherMs })
    const matchmaker = this.#matchmaker
    const parts = { run, connector, directory, clock, random, gatherMs, matchmaker, logger }
    this.#matchmaking = new Matchmaking(parts)
  }

  start(): Promise<void> {
    return this.#matchmaking.start()
  }

  get coordinates(): readonly number[] {
    return [...this.#coordinates]
  }

  on<Name extends keyof GridEvents>(
    name: Name,
    listener: (event: GridEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  average(values: Float32Array, options: AverageOptions = {}): Promise<GridResult> {
    const round = this.#last.then(() => this.#average(values, options))
    this.#last = round.catch(() => undefined)
    return round
  }

  explain(): GridExplanation {
    const state = this.#state
    const step = this.#step
    const axis = axisOf(step, this.#shape)
    const coordinates = this.coordinates
    const group = this.#group
    const company = group.length > 0 ? ` with ${group.join(', ')}` : ''
    const summary = `${state}, step ${step} along axis ${axis}, at ${coordinates.join(',')}${company}`
    return { state, step, axis, coordinates, group, summary }
  }

  async leave(): Promise<void> {
    this.#state = 'left'
    this.#stopping.abort(leftError(this.id))
    await this.#matchmaking.stop()
    await this.#last
    await this.#leaving
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  async #average(values: Float32Array, options: AverageOptions): Promise<GridResult> {
    const { clock } = this.#init
    const started = clock.now()
    const weight = options.weight ?? this.#weight
    assertUsable(values, weight)
    const signal = options.signal
    const ending = new AbortController()
    const end = (): void =>
      ending.abort(this.#stopping.signal.aborted ? leftError(this.id) : signal?.reason)
    for (const one of [signal, this.#stopping.signal]) one?.addEventListener('abort', end)
    if (signal?.aborted === true || this.#stopping.signal.aborted) end()
    try {
      return await this.#once(values, weight, options, ending.signal, started)
    } finally {
      for (const one of [signal, this.#stopping.signal]) one?.removeEventListener('abort', end)
      this.#group = []
      this.#enter('idle')
    }
  }

  /** One step, along one axis; whatever comes of it, the next call goes on with the next. */
  async #once(
    values: Float32Array,
    weight: number,
    { onProgress }: AverageOptions,
    signal: AbortSignal,
    started: number
  ): Promise<GridResult> {
    signal.throwIfAborted()
    let reason = 'nobody else came'
    let cause: unknown
    try {
      const match = await this.#match(signal)
      const axis = axisOf(this.#step, this.#shape)
      const packed = this.#weighing.pack(values, weight)
      if (match.peers.length > 1) {
        const result = await this.#reduce(match, packed, onProgress, signal)
        this.#weight = this.#weighing.unpack(packed, result.participants.length, values)
        this.#move(axis, match.place + result.participants.indexOf(this.self))
        return this.#conclude(values, result, axis, started)
      }
      this.#move(axis, match.place)
    } catch (error) {
      signal.throwIfAborted()
      cause = error
      reason = asError(error).message
    }
    const step = this.#step++
    const axis = axisOf(step, this.#shape)
    this.#metrics.skipped()
    this.#events.emit('skipped', { step, axis, reason })
    throw new GridError(
      'NO_GROUP',
      `no group averaged along axis ${axis} in step ${step}: ${reason}; call again for the next axis, and see that peers call within ${this.#gatherMs} ms of each other or raise gatherMs`,
      { step, axis, reason },
      { cause }
    )
  }

  /** Who is behind the others joins them where they are. */
  async #match(signal: AbortSignal): Promise<MatchMessage> {
    this.#enter('seeking')
    const { groupSize } = this.#shape
    await this.#matchmaking.catchUp(signal)
    for (let tries = 0; tries <= MATCHMAKERS; tries++) {
      this.#step = Math.max(this.#step, this.#matchmaker.next)
      const step = this.#step
      const cell = cellOf(this.#coordinates, axisOf(step, this.#shape))
      this.#matchmaker.note({ newest: step, ageMs: 0 })
      const answer = await this.#matchmaking.seek({ step, cell, groupSize }, signal)
      this.#matchmaker.note(answer)
      if (answer.type === 'match') return answer
    }
    throw new Error('the others go on faster than this peer learns where they are')
  }

  /** A round of a run that only the cell's peers are in. */
  async #reduce(
    { nonce, peers }: MatchMessage,
    packed: Float32Array,
    onProgress: AverageOptions['onProgress'],
    signal: AbortSignal
  ): Promise<AllReduceResult> {
    const { directory, clock } = this.#init
    this.#enter('gathering')
    this.#group = peers
    await this.#leaving
    const { coordinates: _, groupSize: __, dimensions: ___, gatherMs: ____, ...init } = this.#init
    const run = await joinRun({
      ...init,
      run: `${this.id}/grid/${toHex(nonce)}`,
      directory: cellDirectory(directory, peers),
      minPeers: 2,
      patienceMs: this.#gatherMs,
      formTimeoutMs: 4 * this.#gatherMs
    })
    try {
      await allLinked(run, peers.length, clock, this.#gatherMs, signal)
      this.#enter('averaging')
      return await run.allReduce(packed, { op: 'sum', onProgress, signal })
    } finally {
      this.#leaving = leaveQuietly(run)
    }
  }

  #conclude(
    values: Float32Array,
    { participants, bytesSent, bytesReceived }: AllReduceResult,
    axis: number,
    started: number
  ): GridResult {
    const step = this.#step++
    const result = {
      ...{ weight: this.#weight, participants, step, axis, coordinates: this.coordinates },
      ...{ bytesSent, bytesReceived, durationMs: this.#init.clock.now() - started }
    }
    this.#metrics.averaged(participants.length)
    this.#events.emit('round', result)
    return { values, ...result }
  }

  /** Who was in one group has places of its own afterwards, and meets others along the next axes. */
  #move(axis: number, place: number): void {
    this.#coordinates[axis] = place % this.#shape.groupSize
  }

  #enter(state: GridExplanation['state']): void {
    if (this.#state !== 'left') this.#state = state
  }
}

function leftError(run: string): GridError<'LEFT'> {
  return new GridError('LEFT', `the grid ${run} was left: join it again`, { run })
}

/** The others may need a little from this peer yet; the next step does not wait for that. */
function leaveQuietly(run: Run): Promise<unknown> {
  return run.leave().catch(() => undefined)
}

function assertUsable(values: Float32Array, weight: number): void {
  const given: unknown = values
  if (!(given instanceof Float32Array)) {
    const actual = Object.prototype.toString.call(given).slice(8, -1)
    throw new GridError('BAD_DTYPE', `a grid averages a Float32Array, not ${actual}`, { actual })
  }
  if (!(weight >= 0 && weight <= MAX_WEIGHT)) {
    throw new GridError('BAD_WEIGHT', `a weight is 0 to ${MAX_WEIGHT}, not ${weight}`, {
      weight,
      limit: MAX_WEIGHT
    })
  }
  const index = values.findIndex((value) => !Number.isFinite(value))
  if (index === -1) return
  const value = values[index] ?? Number.NaN
  throw new GridError('NON_FINITE', `the value at ${index} is ${value}: nothing was sent`, {
    index,
    value
  })
}
