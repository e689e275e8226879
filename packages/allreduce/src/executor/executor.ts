import { asError, type Frame, type Plan } from '@daa-compute/interface'
import type { Dependencies } from '../schedule/dependencies.ts'
import { type Lanes, lanesOf } from '../schedule/lanes.ts'
import type { Step } from '../schedule/schedule.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { DATA_HEADER_LENGTH, type DataHeader, writeDataHeader } from './data-frame.ts'
import type { Layout } from './layout.ts'
import { Progress } from './progress.ts'
import type { SegmentStore } from './segment-store.ts'

/** What an executor needs. */
export interface ExecutorInit {
  readonly plan: Plan
  readonly steps: readonly Step[]
  readonly layout: Layout
  readonly store: SegmentStore
  /** Which of several all-reduces of the attempt. */
  readonly exchange: number
  /** Sends a data frame to a rank; settles as `Channel.send` does. */
  send(rank: number, frame: Frame): Promise<void>
  /** Told of every segment that is done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** The receives from one rank, in order, and how far they have come. */
interface Inbound {
  readonly steps: readonly number[]
  position: number
  segment: number
}

/**
 * Runs one rank's steps, pipelined by segments: as soon as one segment of a step
 * is done, the steps that wait for it go on with that segment. Sends to
 * different ranks and receives from different ranks proceed independently, each
 * at the pace of its channel.
 *
 * Frames are pushed in by {@link deliver}; until its promise settles the
 * channel's next frame stays where it is, which is the backpressure.
 */
export class Executor {
  bytesSent = 0
  bytesReceived = 0
  /** Segments offered to each rank, one that is on its way included. */
  readonly offered: Map<number, number> = new Map()
  /** Segments that have come from each rank. */
  readonly taken: Map<number, number> = new Map()
  /** Segments done so far: a stalled attempt is one in which it does not grow. */
  segmentsDone = 0
  /** Segments that will have been done at the end: sent, received or finished. */
  readonly segmentsTotal: number

  readonly #init: ExecutorInit
  readonly #lanes: Lanes
  readonly #dependencies: readonly Dependencies[]
  readonly #progress: Progress
  readonly #inbound = new Map<number, Inbound>()
  readonly #completion = Promise.withResolvers<void>()
  readonly #sending = new Set<number>()
  #failure: Error | undefined
  #completed = false
  #released: PromiseWithResolvers<void> | undefined

  constructor(init: ExecutorInit) {
    this.#init = init
    this.#lanes = lanesOf(init.steps)
    this.#dependencies = this.#lanes.dependencies
    this.#progress = new Progress(init.steps.length)
    this.segmentsTotal = init.steps.reduce((sum, { chunk }) => sum + init.layout.segments(chunk), 0)
    for (const [rank, steps] of this.#lanes.inbound) {
      this.#inbound.set(rank, { steps, position: 0, segment: 0 })
    }
    // whoever runs the executor may learn of a failure elsewhere first
    this.#completion.promise.catch(() => undefined)
  }

  /**
   * Runs to the end.
   *
   * @returns the digest of the result
   * @throws {AttemptFailure} or the error given to {@link fail}
   */
  async run(): Promise<Uint8Array> {
    this.#completeIfDone()
    for (const [rank, steps] of this.#lanes.outbound) this.#start(this.#sendLane(rank, steps))
    this.#start(this.#finishLane())
    await this.#completion.promise
    return this.#init.store.digest()
  }

  /** Stops everything; the values are not touched any more. The first error counts. */
  fail(error: Error): void {
    if (this.#failure !== undefined || this.#completed) return
    this.#failure = error
    this.#progress.fail(error)
    this.#completion.reject(error)
  }

  /** Ranks whose next segment could be taken in right now, were it here. */
  awaited(): number[] {
    const ranks: number[] = []
    for (const [rank, lane] of this.#inbound) if (this.#next(lane) !== undefined) ranks.push(rank)
    return ranks
  }

  /** Ranks that a send is waiting for: they or the way to them take nothing more. */
  blocked(): number[] {
    return [...this.#sending]
  }

  /**
   * Resolves when no send borrows the values any more. After a failure, which
   * begins no new one, that is soon, or when the channels are given up.
   */
  released(): Promise<void> {
    if (this.#sending.size === 0) return Promise.resolve()
    this.#released ??= Promise.withResolvers<void>()
    return this.#released.promise
  }

  /**
   * Takes one frame from a rank. Resolves when the next may come; returns
   * without a promise when that is at once.
   *
   * @throws {AttemptFailure} naming the peer, when the frame is not the one that
   * the plan has next or its bytes are bad; the values are unchanged then
   */
  deliver(rank: number, header: DataHeader, frame: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined
    const lane = this.#inbound.get(rank)
    const step = lane && this.#next(lane)
    if (lane === undefined || step === undefined) throw this.#violation(rank, 'a frame too many')
    const { chunk, op } = this.#step(step)
    if (header.chunk !== chunk || header.segment !== lane.segment) {
      throw this.#violation(
        rank,
        `chunk ${header.chunk} segment ${header.segment} instead of chunk ${chunk} segment ${lane.segment}`
      )
    }
    const segment = lane.segment
    // it is here, though it may have to wait for another rank's
    this.taken.set(rank, (this.taken.get(rank) ?? 0) + 1)
    const take = (): void => {
      if (this.#failure !== undefined) return
      const { store } = this.#init
      const payload = frame.subarray(DATA_HEADER_LENGTH)
      try {
        if (op === 'reduce') store.reduce(step, chunk, segment, payload, header.weight)
        else store.copy(step, chunk, segment, payload)
      } catch (cause) {
        throw this.#violation(rank, asError(cause).message, cause)
      }
      this.bytesReceived += DATA_HEADER_LENGTH + store.payloadLength(step, chunk, segment, payload)
      lane.segment++
      this.#advance(step)
    }
    const ready = this.#ready(step, segment)
    if (ready !== undefined) return ready.then(take, () => undefined)
    take()
    return undefined
  }

  async #sendLane(rank: number, steps: readonly number[]): Promise<void> {
    const { plan, layout, store, exchange } = this.#init
    const head = new Uint8Array(DATA_HEADER_LENGTH)
    const scratch = store.createScratch()
    for (const step of steps) {
      const { chunk } = this.#step(step)
      const segments = layout.segments(chunk)
      for (let segment = 0; segment < segments; segment++) {
        const ready = this.#ready(step, segment)
        if (ready !== undefined) await ready
        if (this.#failure !== undefined) return
        const payload = store.outgoing(step, chunk, segment, scratch)
        const length = store.payloadLength(step, chunk, segment, payload)
        const weight = store.outgoingWeight(step, chunk, segment)
        const { sequence, attempt } = plan.id
        const header = { sequence, attempt, exchange, chunk, segment, weight }
        writeDataHeader(header, plan.digest, head)
        await this.#send(rank, [head, payload])
        this.bytesSent += DATA_HEADER_LENGTH + length
        store.sent(step, chunk, segment)
        this.#advance(step)
      }
    }
  }

  async #send(rank: number, frame: Frame): Promise<void> {
    this.#sending.add(rank)
    try {
      this.offered.set(rank, (this.offered.get(rank) ?? 0) + 1)
      await this.#init.send(rank, frame)
    } finally {
      this.#sending.delete(rank)
      if (this.#sending.size === 0) this.#released?.resolve()
    }
  }

  async #finishLane(): Promise<void> {
    const { layout, store, steps } = this.#init
    for (const [step, { op, chunk }] of steps.entries()) {
      if (op !== 'finish') continue
      const segments = layout.segments(chunk)
      for (let segment = 0; segment < segments; segment++) {
        const ready = this.#ready(step, segment)
        if (ready !== undefined) await ready
        if (this.#failure !== undefined) return
        store.finish(step, chunk, segment)
        this.#advance(step)
      }
    }
  }

  /** Settled once the segment may be worked on; lanes keep the order of steps by themselves. */
  #ready(step: number, segment: number): Promise<void> | undefined {
    return this.#progress.reached(this.#dependencies[step]?.chunk, segment)
  }

  #start(lane: Promise<void>): void {
    lane.catch((error: unknown) => {
      this.fail(asError(error))
    })
  }

  #advance(step: number): void {
    this.segmentsDone++
    this.#progress.advance(step)
    try {
      this.#init.onProgress?.(this.segmentsDone, this.segmentsTotal)
    } catch (error) {
      // the caller's own, and not to be taken for a peer's fault
      this.fail(asError(error))
    }
    this.#completeIfDone()
  }

  #completeIfDone(): void {
    if (this.segmentsDone < this.segmentsTotal || this.#failure !== undefined) return
    this.#completed = true
    this.#completion.resolve()
  }

  /** The step the next frame of a lane belongs to; passes over what has no elements. */
  #next(lane: Inbound): number | undefined {
    for (;;) {
      const step = lane.steps[lane.position]
      if (step === undefined) return undefined
      if (lane.segment < this.#init.layout.segments(this.#step(step).chunk)) return step
      lane.position++
      lane.segment = 0
    }
  }

  #step(index: number): Step {
    const step = this.#init.steps[index]
    if (step === undefined) throw new RangeError(`there is no step ${index}`)
    return step
  }

  #violation(rank: number, what: string, cause?: unknown): AttemptFailure {
    const peer = this.#init.plan.members[rank]?.peer
    return new AttemptFailure(`${peer} sent ${what}`, peer, { cause })
  }
}
