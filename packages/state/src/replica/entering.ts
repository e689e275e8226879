import { joinSignals } from '@daa-compute/interface'
import type { CatchUpReport } from '../shared-state.ts'
import { MIN_REPLAY_MS } from '../constants.ts'
import type { Beginnings } from './beginning.ts'
import { codeOf, lineageOf, type ReplicaError } from './errors.ts'
import type { Following } from './following.ts'
import type { ReplicaParts } from './parts.ts'
import { copyInto, zerosLike } from './round-record.ts'
import type { RoundOptions, RoundResult, RoundValues, StepOptions } from './round-source.ts'

/** A round that this peer has entered in, and stands behind. */
export interface Entered {
  readonly result: RoundResult
  /** Whether what it brings is in the result. */
  readonly counted: boolean
}

/** How a peer that is behind comes to stand where the others do. */
export class Entry<Values extends RoundValues> {
  readonly #parts: ReplicaParts<Values>
  readonly #following: Following<Values>
  readonly #beginnings: Beginnings<Values>

  constructor(
    parts: ReplicaParts<Values>,
    following: Following<Values>,
    beginnings: Beginnings<Values>
  ) {
    this.#parts = parts
    this.#following = following
    this.#beginnings = beginnings
  }

  /**
   * Takes over what the others have, and takes part with nothing.
   *
   * @returns `undefined` where it is to be tried again
   */
  async enter(
    values: Values,
    options: StepOptions,
    reports: CatchUpReport[]
  ): Promise<Entered | undefined> {
    const { course, keeper, init } = this.#parts
    keeper.keep(course.revision)
    // who found together are there at this moment: it goes to meet them before it looks further
    const isAhead = course.isAdrift || (await this.#takeOver(values, options.signal, reports))
    if (!isAhead) return undefined
    if (course.isAdrift) {
      await this.#beginnings.settle(options.signal)
      return undefined
    }
    // what it brings is of another state; but a round of nobody but such as bring nothing is none
    const counted = course.isNeeded && course.revision !== undefined
    const brought = zerosLike(values)
    if (counted) copyInto(brought, values)
    const weight = counted ? options.weight : 0
    const founds = course.revision !== undefined
    const late: RoundOptions = { ...options, weight, founds, enterLate: true, yields: true }
    const result = await course.unlessPassing(() => init.run.allReduce(brought, late))
    if (result === undefined) return undefined
    course.isNeeded = false
    if (!(await this.#following.reach(result, brought, reports, options.signal))) {
      course.isAdrift = true
      return undefined
    }
    copyInto(values, brought)
    course.told = undefined
    return { result, counted: counted && !result.recovered }
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
    const { course, init } = this.#parts
    const { clock } = init
    // who was in no lineage yet goes by what most say, and not by whoever spoke first
    const told = course.place === undefined ? undefined : lineageOf(course.told)
    const lineage = told === course.place?.lineage ? undefined : told
    using either = joinSignals(signal)
    let isEnough = false
    const startMs = clock.now()
    let replayMs: number | undefined
    const onReplay = (): void => {
      replayMs ??= clock.now()
      // at this pace it is level with them only once they wait for it
      const mostMs = replayMs - startMs + MIN_REPLAY_MS
      if (clock.now() - replayMs <= mostMs) return
      isEnough = true
      either.abort()
    }
    try {
      reports.push(await this.#following.catchUp({ lineage }, values, either.signal, onReplay))
      return true
    } catch (error) {
      if (signal?.aborted === true) throw error
      if (isEnough && course.revision !== undefined) return true
      if (lineage !== undefined && course.isInPlace && !course.isStubborn) {
        course.insist()
        return false
      }
      const code = codeOf(codeOf(error) === 'NOT_WHOLE' ? (error as ReplicaError).cause : error)
      // too many of those who made the last round are gone, or who is left is further behind
      // than this peer has been: the next one has others
      if (code === 'NO_QUORUM' || code === 'BACKWARD') return true
      // who has a state in that lineage, if anybody has, does not stand for it
      if (code !== 'NO_DONORS') throw error
      course.isAdrift = true
      return true
    }
  }
}
