import { type AbortOptions, createEmitter, type Emitter, joinSignals } from '@daa-compute/interface'
import {
  ENTRY_FETCHES,
  ENTRY_PAUSE_MS,
  ENTRY_TIMEOUT_MS,
  MAX_ENTRIES,
  MAX_ENTRY_PAUSE_MS
} from '../constants.ts'
import type { CatchUpReport, Revision, SharedState } from '../shared-state.ts'
import { pauseOf } from '../timing.ts'
import type { Ancestry } from './ancestry.ts'
import { Beginnings } from './beginning.ts'
import { Course } from './course.ts'
import { Encounters } from './encounters.ts'
import { Entry } from './entering.ts'
import { ReplicaError } from './errors.ts'
import { Following } from './following.ts'
import { ForkKeeper } from './forks.ts'
import type { Encounter } from './meeting.ts'
import { after, type ReplicaParts } from './parts.ts'
import type { Replica, ReplicaEvents, ReplicaInit, StepResult } from './replica.ts'
import { recordOf } from './round-record.ts'
import type { RoundResult, RoundValues, StepOptions } from './round-source.ts'

/** A replica as this peer lives it. */
export class LiveReplica<Values extends RoundValues> implements Replica<Values> {
  readonly #parts: ReplicaParts<Values>
  readonly #following: Following<Values>
  readonly #beginnings: Beginnings<Values>
  readonly #entry: Entry<Values>
  readonly #encounters: Encounters
  readonly #events: Emitter<ReplicaEvents> = createEmitter<ReplicaEvents>()
  readonly #endings: (() => void)[] = []
  readonly #stopping = new AbortController()
  #last: Promise<unknown> = Promise.resolve()
  /** Takes the present round's values back, as its lineage is not the one they are for any more. */
  #interrupt: () => void = () => undefined

  constructor(init: ReplicaInit<Values>, state: SharedState, ancestry: Ancestry) {
    const { run, tensors, onMeet } = init
    const events = this.#events
    const behind = (error: unknown): void =>
      events.emit('behind', { revision: state.revision, error })
    const course = new Course({ state, behind })
    const keeper = new ForkKeeper(tensors, ancestry, onMeet === 'average')
    this.#parts = { init, state, ancestry, keeper, course, events }
    this.#following = new Following(this.#parts)
    this.#beginnings = new Beginnings(this.#parts, this.#following)
    this.#entry = new Entry(this.#parts, this.#following, this.#beginnings)
    this.#encounters = new Encounters({
      run,
      tensors,
      advance: (result, record, change) =>
        this.#following.advance(result, record && recordOf(record), change),
      merged: (merge) => events.emit('merge', merge)
    })
    this.#endings.push(
      ...(['donor:dropped', 'joiner:served', 'joiner:released'] as const).map((name) =>
        state.on(name, (event) => events.emit(name, event))
      ),
      run.on('configuration', ({ lineage }) => {
        course.seat = lineage
        if (course.isElsewhere) this.#interrupt()
      })
    )
  }

  get revision(): Revision | undefined {
    return this.#parts.state.revision
  }

  on<Name extends keyof ReplicaEvents>(
    name: Name,
    listener: (event: ReplicaEvents[Name]) => void
  ): () => void {
    return this.#events.on(name, listener)
  }

  step(values: Values, options: StepOptions = {}): Promise<StepResult<Values>> {
    const step = this.#last.then(() => this.#step(values, options))
    this.#last = step.catch(() => undefined)
    return step
  }

  async stop(): Promise<void> {
    for (const end of this.#endings.splice(0)) end()
    this.#stopping.abort(new ReplicaError('STOPPED', 'the replica was stopped', {}))
    await this.#parts.state.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #step(values: Values, given: StepOptions): Promise<StepResult<Values>> {
    const { course, init } = this.#parts
    const { clock } = init
    using either = joinSignals(given.signal, this.#stopping.signal)
    const { signal } = either
    const options = { ...given, signal }
    signal.throwIfAborted()
    this.#beginnings.assertNotDiverged()
    const reports: CatchUpReport[] = []
    const endMs = clock.now() + ENTRY_TIMEOUT_MS
    for (let tries = 0; tries < MAX_ENTRIES; tries++) {
      // who found together at this moment are to be met there
      if (tries > 1 && !course.isAdrift) await this.#pause(tries, signal)
      const longestMs = Math.max(0, ...reports.map(({ durationMs }) => durationMs))
      if (clock.now() > endMs + ENTRY_FETCHES * longestMs) break
      if (course.isNowhere || course.isElsewhere) await this.#beginnings.found(signal)
      if (course.isNowhere || course.isElsewhere) continue
      const result = course.isLevel
        ? await this.#goOn(values, options, reports)
        : await this.#enter(values, options, reports)
      if (result !== undefined) return result
    }
    const { told: cause } = course
    throw new ReplicaError(
      'NOT_LEVEL',
      'the others were further each time that this peer had their state: call again, or give the peers that serve it more to upload with',
      { cause }
    )
  }

  /** A round like everybody's. */
  async #goOn(
    values: Values,
    options: StepOptions & { readonly signal: AbortSignal },
    reports: CatchUpReport[]
  ): Promise<StepResult<Values> | undefined> {
    const { course, init } = this.#parts
    const { signal } = options
    const yields = !course.isStubborn
    const result = await this.#unlessForked(signal, (either) =>
      course.unlessAtOdds(async () => {
        await this.#encounters.meet({ signal: either })
        return await init.run.allReduce(values, { ...options, signal: either, yields })
      })
    )
    if (result === undefined) return undefined
    course.isStubborn = false
    if (this.#isOfFork(result)) {
      const isOurs = await this.#beginnings.follow(result, signal)
      return isOurs ? await this.#resolve(result, values, false, reports, options) : undefined
    }
    const isLevel = await this.#following.reach(result, values, reports, signal)
    if (!isLevel) return undefined
    const { newcomers, participants, recovered } = result
    if (newcomers.length > 0) {
      this.#encounter({ participants, isNewcomer: false, fork: undefined })
    }
    return await this.#resolve(result, values, !recovered, reports, options)
  }

  /**
   * A lineage that forks off begins by agreeing what state it goes on with: what was to
   * be brought waits for that.
   */
  async #unlessForked<Result>(
    signal: AbortSignal,
    call: (either: AbortSignal) => Promise<Result | undefined>
  ): Promise<Result | undefined> {
    using either = joinSignals(signal)
    const forked = new Error('the lineage has forked off')
    this.#interrupt = () => either.abort(forked)
    try {
      return await call(either.signal)
    } catch (error) {
      if (error !== forked) throw error
      return undefined
    } finally {
      this.#interrupt = () => undefined
    }
  }

  #isOfFork({ lineage, sequence }: RoundResult): boolean {
    const { isLevel, revision } = this.#parts.course
    return isLevel && revision?.lineage !== lineage && revision?.sequence === sequence
  }

  /** The way back to where the others are. */
  async #enter(
    values: Values,
    options: StepOptions,
    reports: CatchUpReport[]
  ): Promise<StepResult<Values> | undefined> {
    const { course } = this.#parts
    this.#encounters.forget()
    course.isEntering = true
    try {
      const entered = await this.#entry.enter(values, options, reports)
      if (entered === undefined) return undefined
      const { result, counted } = entered
      this.#tellLevel(result, reports)
      return await this.#resolve(result, values, counted, reports, options)
    } finally {
      course.isEntering = false
    }
  }

  #tellLevel(result: RoundResult, reports: readonly CatchUpReport[]): void {
    const { keeper, init } = this.#parts
    const { self } = init.run
    const { participants } = result
    const revision = after(result)
    const fork = keeper.release(revision)
    this.#events.emit('level', { revision, reports })
    if (init.onMeet === 'average') {
      this.#encounter({ participants, isNewcomer: true, fork })
    } else if (fork !== undefined) {
      const { lineage, rounds } = fork
      const met = [{ peer: self, lineage: lineage.slice(0, 12), rounds }]
      this.#events.emit('merge', { rule: 'yield', revision, met, weights: { [self]: 0 } })
    }
  }

  #encounter(what: Omit<Encounter, 'self'>): void {
    const { init } = this.#parts
    if (init.onMeet === 'average') this.#encounters.note({ ...what, self: init.run.self })
  }

  /** The step counts; what there is to average is averaged before the caller goes on. */
  async #resolve(
    result: RoundResult,
    values: Values,
    counted: boolean,
    caughtUp: readonly CatchUpReport[],
    options: AbortOptions
  ): Promise<StepResult<Values>> {
    const { course } = this.#parts
    try {
      await course.unlessBehind(() => this.#encounters.meet(options))
    } catch {
      // this step counts all the same; what is still due is the next one's to try, and to tell
    }
    const { revision = after(result) } = course
    const { participants, newcomers, lineage, sequence, recovered } = result
    const { bytesSent, bytesReceived } = result
    return {
      ...{ values, revision, counted, caughtUp, participants, newcomers, lineage, sequence },
      ...{ recovered, bytesSent, bytesReceived }
    }
  }

  async #pause(tries: number, signal: AbortSignal): Promise<void> {
    const ms = Math.min(ENTRY_PAUSE_MS * 2 ** tries, MAX_ENTRY_PAUSE_MS)
    await pauseOf(this.#parts.init.clock, ms, signal)
    signal.throwIfAborted()
  }
}
