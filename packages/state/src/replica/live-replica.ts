import { type AbortOptions, createEmitter, type Emitter, type PeerId } from '@daa-compute/interface'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import type { CatchUpOptions, CatchUpReport, Revision, SharedState } from '../shared-state.ts'
import type { Ancestry } from './ancestry.ts'
import { Encounters } from './encounters.ts'
import { codeOf, isAboutFounding, lineageOf, ReplicaError } from './errors.ts'
import { ForkKeeper } from './forks.ts'
import { beginTogether, type Stand } from './founding.ts'
import type { Replica, ReplicaEvents, ReplicaInit, StepResult } from './replica.ts'
import { copyInto, readRecord, recordOf, zerosLike } from './round-record.ts'
import type { RoundOptions, RoundResult, RoundValues, StepOptions } from './round-source.ts'

/** How often one step tries to get level with the others. */
const MAX_ENTRIES = 12

/** ms that one step may take to get level, beside this many times what it takes to fetch a state. */
const ENTRY_TIMEOUT_MS = 30_000
const ENTRY_FETCHES = 4

/** ms between two such tries, at first and at most; doubles in between. */
const ENTRY_PAUSE_MS = 20
const MAX_ENTRY_PAUSE_MS = 1_000

/**
 * ms for which results of rounds are replayed before it enters, at least, and as long as
 * the state took to fetch: who replays no faster than rounds go on would do so for ever.
 */
const MIN_REPLAY_MS = 1_000

/** After these the others go on, or bring something else for a moment: entering is tried again. */
const PASSING_CODES: ReadonlySet<unknown> = new Set(['BEHIND', 'REQUEST_MISMATCH', 'ABORTED'])

/** Nobody has the state that was looked for, or not enough of those who should. */
const ABSENT_CODES: ReadonlySet<unknown> = new Set(['NO_SUCH_REVISION', 'NO_QUORUM', 'NO_DONORS'])

/** A replica as this peer lives it. */
export class LiveReplica<Values extends RoundValues> implements Replica<Values> {
  readonly #init: ReplicaInit<Values>
  readonly #state: SharedState
  readonly #ancestry: Ancestry
  readonly #keeper: ForkKeeper
  readonly #encounters: Encounters
  readonly #events: Emitter<ReplicaEvents> = createEmitter<ReplicaEvents>()
  readonly #endings: (() => void)[] = []
  readonly #stopping = new AbortController()
  /** What the state is after the rounds that this peer has counted in the run. */
  #place: Revision | undefined
  /** What it was told when the others had gone on without it, until it is level again. */
  #told: unknown
  /** Whether it goes on in its own lineage for one round, as nobody of the better one answers. */
  #isStubborn = false
  /** Whether nobody had anything to bring to the round that it last tried to enter in. */
  #isNeeded = false
  /** Whether it has entered a lineage in which nobody has a state. */
  #isAdrift = false
  /** Whether the tensors are no more what the caller made them before the first step. */
  #isTouched = false
  /** What the tensors were when another's state was to be taken over, while they still are. */
  #given: Stand = 'nothing'
  /** Whether it is on its way into a lineage, which is not where its state is from. */
  #isEntering = false
  #divergence: ReplicaError | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(init: ReplicaInit<Values>, state: SharedState, ancestry: Ancestry) {
    this.#init = init
    this.#state = state
    this.#ancestry = ancestry
    const { run, tensors, onMeet } = init
    this.#keeper = new ForkKeeper(tensors, ancestry, onMeet === 'average')
    this.#encounters = new Encounters({
      run,
      tensors,
      advance: (result, record, change) =>
        this.#advance(result, record && recordOf(record), change),
      merged: (merge) => this.#events.emit('merge', merge)
    })
    this.#endings.push(
      ...(['donor:dropped', 'joiner:served', 'joiner:released'] as const).map((name) =>
        state.on(name, (event) => this.#events.emit(name, event))
      ),
      run.on('configuration', ({ lineage, members }) => this.#rename(lineage, members))
    )
  }

  get revision(): Revision | undefined {
    return this.#state.revision
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
    await this.#state.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #step(values: Values, given: StepOptions): Promise<StepResult<Values>> {
    const { signal: stopping } = this.#stopping
    const signal = given.signal === undefined ? stopping : AbortSignal.any([given.signal, stopping])
    const options = { ...given, signal }
    signal.throwIfAborted()
    if (this.#divergence !== undefined) throw this.#divergence
    const reports: CatchUpReport[] = []
    const endMs = this.#init.clock.now() + ENTRY_TIMEOUT_MS
    for (let tries = 0; tries < MAX_ENTRIES; tries++) {
      if (tries > 1) await this.#pause(tries, signal)
      const longestMs = Math.max(0, ...reports.map(({ durationMs }) => durationMs))
      if (this.#init.clock.now() > endMs + ENTRY_FETCHES * longestMs) break
      if (this.#place === undefined && this.#told === undefined) await this.#found(signal)
      if (this.#place === undefined && this.#told === undefined) continue
      this.#isEntering = !this.#isLevel()
      const result = this.#isEntering
        ? await this.#enter(values, options, reports).finally(() => {
            this.#isEntering = false
          })
        : await this.#goOn(values, options, reports)
      if (result !== undefined) return result
    }
    const cause = this.#told
    throw new ReplicaError(
      'NOT_LEVEL',
      `the others were further each time that this peer had their state: call again, or give the peers that serve it more to upload with`,
      { cause }
    )
  }

  #isLevel(): boolean {
    const isOut = this.#told !== undefined || this.#isEntering
    return !isOut && isSame(this.#state.revision, this.#place)
  }

  /**
   * The first round: whether all who begin together begin with the same. Where the others
   * have begun without this peer it has nothing to compare.
   */
  async #found(signal: AbortSignal): Promise<void> {
    const stand = this.#state.revision ?? (this.#isTouched ? 'nothing' : 'fresh')
    const begun = await this.#unlessAtOdds(() =>
      this.#unlessBehind(() => this.#beginTogether(stand, { signal }))
    )
    if (begun === undefined) return
    const { result, beginning } = begun
    if (beginning !== 'diverged') {
      this.#begin(result, beginning)
      return
    }
    const { participants } = result
    const takesMost = this.#init.onDiverged === 'majority'
    this.#begin(result, takesMost && stand !== 'nothing' ? 'ours' : 'others')
    if (!takesMost) {
      this.#divergence = new ReplicaError(
        'STATE_DIVERGED',
        `${participants.join(', ')} have begun together and their states differ: begin with the same bytes at every peer (the same seed, or the same checkpoint), or have those of most taken with onDiverged: 'majority'`,
        { participants }
      )
      throw this.#divergence
    }
    await this.#catchUp({ until: after(result) }, undefined, signal)
  }

  /**
   * Nobody has the state that the lineage this peer is in goes on from: its members were
   * let in by others who are gone. What one of them holds besides is that from here on;
   * what nobody has trained is not, as whoever has may only be away.
   */
  async #settle(signal: AbortSignal | undefined): Promise<void> {
    const stand = this.#state.revision ?? this.#given
    const options = { enterLate: true, signal }
    const begun = await this.#unlessPassing(() => this.#beginTogether(stand, options))
    this.#isAdrift = false
    if (begun === undefined) return
    const { result, beginning } = begun
    this.#begin(result, beginning === 'diverged' ? 'others' : beginning)
    this.#told = undefined
  }

  #beginTogether(stand: Stand, options: RoundOptions): ReturnType<typeof beginTogether> {
    const { run, tensors, hasher = sha256Hasher } = this.#init
    return beginTogether({ run, tensors, hasher }, stand, options)
  }

  /** @throws {ReplicaError} `NOT_WHOLE` */
  #begin(result: RoundResult, whose: 'ours' | 'others' | 'nobodys'): void {
    this.#place = after(result)
    const { lineage, sequence, participants } = result
    if (whose === 'ours') {
      // before a tensor changes: others may be fetching it
      this.#state.forget()
      this.#ancestry.note(lineage, sequence)
      this.#state.declare(this.#place, participants)
      return
    }
    const { revision } = this.#state
    this.#keeper.keep(revision)
    // whoever said that it has more may never hand it on
    this.#given = revision ?? (this.#isTouched ? 'nothing' : 'fresh')
    this.#state.forget()
    if (whose === 'others') return
    throw new ReplicaError(
      'NOT_WHOLE',
      `none of ${participants.join(', ')} has a state: all that did are gone. Wait until one of them is back, or restart these from a checkpoint`,
      { cause: undefined }
    )
  }

  /** A round like everybody's. */
  async #goOn(
    values: Values,
    options: StepOptions,
    reports: CatchUpReport[]
  ): Promise<StepResult<Values> | undefined> {
    const { run } = this.#init
    const yields = !this.#isStubborn
    const result = await this.#unlessAtOdds(() =>
      this.#unlessBehind(async () => {
        await this.#encounters.meet(options)
        return await run.allReduce(values, { ...options, yields })
      })
    )
    if (result === undefined) return undefined
    this.#isStubborn = false
    const isLevel = await this.#reach(result, values, reports, options.signal)
    if (!isLevel) return undefined
    const { newcomers, participants, recovered } = result
    if (newcomers.length > 0) {
      this.#encounter({ participants, isNewcomer: false, fork: undefined })
    }
    return await this.#resolve(result, values, !recovered, reports, options)
  }

  /** Takes over what the others have, and takes part with nothing. */
  async #enter(
    values: Values,
    options: StepOptions,
    reports: CatchUpReport[]
  ): Promise<StepResult<Values> | undefined> {
    const { run } = this.#init
    this.#encounters.forget()
    this.#keeper.keep(this.#state.revision)
    const isAhead = await this.#takeOver(values, options.signal, reports)
    if (!isAhead) return undefined
    if (this.#isAdrift) {
      await this.#settle(options.signal)
      return undefined
    }
    // what it brings is of another state; but a round of nobody but such as bring nothing is none
    const counted = this.#isNeeded && this.#state.revision !== undefined
    const brought = zerosLike(values)
    if (counted) copyInto(brought, values)
    const weight = counted ? options.weight : 0
    const founds = this.#state.revision !== undefined
    const late: RoundOptions = { ...options, weight, founds, enterLate: true, yields: true }
    const result = await this.#unlessPassing(() => run.allReduce(brought, late))
    if (result === undefined) return undefined
    this.#isNeeded = false
    if (!(await this.#reach(result, brought, reports, options.signal))) {
      this.#isAdrift = true
      return undefined
    }
    copyInto(values, brought)
    this.#told = undefined
    const revision = after(result)
    const { participants } = result
    const fork = this.#keeper.release(revision)
    this.#events.emit('level', { revision, reports })
    if (this.#init.onMeet === 'average') {
      this.#encounter({ participants, isNewcomer: true, fork })
    } else if (fork !== undefined) {
      const { lineage, rounds } = fork
      const met = [{ peer: run.self, lineage: lineage.slice(0, 12), rounds }]
      this.#events.emit('merge', { rule: 'yield', revision, met, weights: { [run.self]: 0 } })
    }
    return await this.#resolve(result, values, counted && !result.recovered, reports, options)
  }

  #encounter(
    what: Pick<Parameters<Encounters['note']>[0], 'participants' | 'isNewcomer' | 'fork'>
  ): void {
    if (this.#init.onMeet !== 'average') return
    this.#encounters.note({ ...what, self: this.#init.run.self })
  }

  /** The step counts; what there is to average is averaged before the caller goes on. */
  async #resolve(
    result: RoundResult,
    values: Values,
    counted: boolean,
    caughtUp: readonly CatchUpReport[],
    options: AbortOptions
  ): Promise<StepResult<Values>> {
    try {
      await this.#unlessBehind(() => this.#encounters.meet(options))
    } catch {
      // this step counts all the same; what is still due is the next one's to try, and to tell
    }
    const { revision = after(result) } = this.#state
    const { participants, newcomers, lineage, sequence, recovered } = result
    const { bytesSent, bytesReceived } = result
    return {
      ...{ values, revision, counted, caughtUp, participants, newcomers, lineage, sequence },
      ...{ recovered, bytesSent, bytesReceived }
    }
  }

  /**
   * Makes the state what it is after a round that this peer has counted.
   *
   * @returns whether it is that: if it was before, or others still have what it was before
   */
  async #reach(
    result: RoundResult,
    values: Values,
    reports: CatchUpReport[],
    signal: AbortSignal | undefined
  ): Promise<boolean> {
    const { lineage, sequence, participants } = result
    const before = { lineage, sequence }
    const to = after(result)
    // a lineage that has forked off goes on from where its members stood
    const isNext = (): boolean =>
      isSame(this.#state.revision, before) ||
      (this.#isLevel() && this.#state.revision?.sequence === sequence)
    const { revision } = this.#state
    // a round that an earlier call is given the end of, and which the state is past already
    const isPast = revision?.lineage === lineage && revision.sequence > sequence
    if (!isNext()) {
      this.#place = to
      if (isPast) return isSame(revision, to)
      await this.#makeUp(before, values, reports, signal)
    }
    if (!isNext()) return isSame(this.#state.revision, to)
    await this.#apply(to, participants, values)
    return true
  }

  /** What is missing to a round this peer has entered in; with nobody who has it, nothing. */
  async #makeUp(
    until: Revision,
    values: Values,
    reports: CatchUpReport[],
    signal: AbortSignal | undefined
  ): Promise<void> {
    try {
      reports.push(await this.#catchUp({ until }, values, signal))
    } catch (error) {
      const { revision } = this.#state
      if (revision === undefined || !ABSENT_CODES.has(codeOf(error))) throw error
      this.#told ??= error
    }
  }

  /**
   * Those who go on by themselves have the state that they had, under the name of their
   * lineage; it is they who vouch for it now, as others may be gone for good.
   */
  #rename(lineage: string, members: readonly PeerId[]): void {
    const { revision } = this.#state
    const { sequence } = this.#init.run.explain()
    if (!this.#isLevel() || revision === undefined) return
    if (revision.lineage === lineage || revision.sequence !== sequence) return
    this.#place = { lineage, sequence }
    this.#state.declare(this.#place, members)
  }

  async #apply(to: Revision, participants: readonly PeerId[], values: Values): Promise<void> {
    this.#place = to
    await this.#state.update(to, participants, recordOf('step', values), () =>
      this.#change(to, values)
    )
  }

  async #change(to: Revision, values: Values): Promise<void> {
    this.#ancestry.note(to.lineage, to.sequence - 1)
    try {
      await this.#init.apply(values, { revision: to })
    } catch (cause) {
      const { sequence } = to
      throw new ReplicaError(
        'APPLY_FAILED',
        `apply failed in round ${sequence - 1}, and may have changed some of the tensors: ${String(cause)}`,
        { sequence, cause },
        { cause }
      )
    }
  }

  async #advance(
    result: RoundResult,
    record: readonly Uint8Array[] | undefined,
    change: () => void
  ): Promise<Revision> {
    const to = after(result)
    this.#place = to
    await this.#state.update(to, result.participants, record, () => {
      this.#ancestry.note(result.lineage, result.sequence)
      change()
    })
    return to
  }

  /**
   * Before it enters, so that little is left to make up for while the others wait.
   *
   * @returns `false` where it need not: nobody of the better lineage answers
   */
  async #takeOver(
    values: Values,
    signal: AbortSignal | undefined,
    reports: CatchUpReport[]
  ): Promise<boolean> {
    // who was in no lineage yet goes by what most say, and not by whoever spoke first
    const told = this.#place === undefined ? undefined : lineageOf(this.#told)
    const lineage = told === this.#place?.lineage ? undefined : told
    const enough = new AbortController()
    const { clock } = this.#init
    const startMs = clock.now()
    let replayMs: number | undefined
    const onReplay = (): void => {
      replayMs ??= clock.now()
      // at this pace it is level with them only once they wait for it
      const mostMs = replayMs - startMs + MIN_REPLAY_MS
      if (clock.now() - replayMs > mostMs) enough.abort()
    }
    const both = AbortSignal.any([enough.signal, ...(signal === undefined ? [] : [signal])])
    try {
      reports.push(await this.#catchUp({ lineage }, values, both, onReplay))
      return true
    } catch (error) {
      const isEnough = enough.signal.aborted && signal?.aborted !== true
      if (isEnough && this.#state.revision !== undefined) return true
      const isLevel = isSame(this.#state.revision, this.#place)
      if (signal?.aborted === true) throw error
      if (lineage !== undefined && isLevel && !this.#isStubborn) {
        this.#isStubborn = true
        return false
      }
      // too many of those who made the last round are gone: the next one has others
      const code = codeOf(codeOf(error) === 'NOT_WHOLE' ? (error as ReplicaError).cause : error)
      if (code === 'NO_QUORUM') return true
      // who has a state in that lineage, if anybody has, does not stand for it
      if (code !== 'NO_DONORS') throw error
      this.#isAdrift = true
      return true
    }
  }

  /** @throws {ReplicaError} `NOT_WHOLE`; whatever else stopped it, if there is a state */
  async #catchUp(
    what: Pick<CatchUpOptions, 'until' | 'lineage'>,
    shape: Values | undefined,
    signal: AbortSignal | undefined,
    onReplay?: () => void
  ): Promise<CatchUpReport> {
    const replay = async (record: Uint8Array, to: Revision): Promise<void> => {
      const values = shape && readRecord(record, shape)
      if (values === undefined) this.#ancestry.note(to.lineage, to.sequence - 1)
      else await this.#change(to, values)
      onReplay?.()
    }
    const onProgress = (): void => {
      this.#isTouched = true
      this.#given = 'nothing'
    }
    try {
      return await this.#state.catchUp({ ...what, apply: replay, onProgress, signal })
    } catch (cause) {
      const isWhole = this.#state.revision !== undefined
      const isFresh = this.#place === undefined && !this.#isTouched
      // with nobody to take over from, it may begin, or go on, by itself
      if (isWhole || isFresh || codeOf(cause) === 'NO_DONORS') this.#told = undefined
      if (isWhole || isFresh) throw cause
      throw new ReplicaError(
        'NOT_WHOLE',
        `taking over the others' state was broken off, and what is in the tensors is none: the next step goes on with it (${String(cause)})`,
        { cause },
        { cause }
      )
    }
  }

  async #unlessBehind<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await call()
    } catch (error) {
      if (codeOf(error) !== 'BEHIND') throw error
      this.#told = error
      this.#events.emit('behind', { revision: this.#state.revision, error })
      return undefined
    }
  }

  /** Others begin together: it is tried again, as they come to an end with that. */
  async #unlessAtOdds<Result>(
    call: () => Promise<Result | undefined>
  ): Promise<Result | undefined> {
    try {
      return await call()
    } catch (error) {
      if (!isAboutFounding(error)) throw error
      return undefined
    }
  }

  async #unlessPassing<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await call()
    } catch (error) {
      if (!PASSING_CODES.has(codeOf(error))) throw error
      this.#told ??= error
      this.#isNeeded = codeOf(error) === 'ABORTED'
      this.#isAdrift = !this.#isAdrift && isAboutFounding(error)
      return undefined
    }
  }

  async #pause(tries: number, signal: AbortSignal): Promise<void> {
    const ms = Math.min(ENTRY_PAUSE_MS * 2 ** tries, MAX_ENTRY_PAUSE_MS)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const cancel = this.#init.clock.schedule(ms, resolve)
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      await promise
    } finally {
      cancel()
      signal.removeEventListener('abort', abort)
    }
  }
}

/** The state that a round makes. */
function after({ lineage, sequence }: RoundResult): Revision {
  return { lineage, sequence: sequence + 1 }
}

function isSame(a: Revision | undefined, b: Revision | undefined): boolean {
  return a !== undefined && a.lineage === b?.lineage && a.sequence === b.sequence
}
