import { joinSignals, type PeerId } from '@daa-compute/interface'
import { ENTRY_TIMEOUT_MS } from '../constants.ts'
import type { CatchUpOptions, CatchUpReport, Revision } from '../shared-state.ts'
import { isSame } from './course.ts'
import { codeOf, ReplicaError } from './errors.ts'
import { after, type ReplicaParts } from './parts.ts'
import { readRecord, recordOf } from './round-record.ts'
import type { RoundResult, RoundValues } from './round-source.ts'

/** Nobody has the state that was looked for, or not enough of those who should. */
const ABSENT_CODES: ReadonlySet<unknown> = new Set(['NO_SUCH_REVISION', 'NO_QUORUM', 'NO_DONORS'])

/** What rounds make of the state: those this peer counts, and those it has missed. */
export class Following<Values extends RoundValues> {
  readonly #parts: ReplicaParts<Values>

  constructor(parts: ReplicaParts<Values>) {
    this.#parts = parts
  }

  /**
   * Makes the state what it is after a round that this peer has counted.
   *
   * @returns whether it is that: if it was before, or others still have what it was before
   */
  async reach(
    result: RoundResult,
    values: Values,
    reports: CatchUpReport[],
    signal: AbortSignal | undefined
  ): Promise<boolean> {
    const { course } = this.#parts
    const { lineage, sequence, participants } = result
    const before = { lineage, sequence }
    const to = after(result)
    const isNext = (): boolean => isSame(course.revision, before)
    const { revision } = course
    // a round that an earlier call is given the end of, and which the state is past already
    const isPast = revision?.lineage === lineage && revision.sequence > sequence
    if (!isNext()) {
      course.place = to
      if (isPast) return isSame(revision, to)
      await this.#makeUp(before, values, reports, signal)
    }
    if (!isNext()) return isSame(course.revision, to)
    await this.#apply(to, participants, values)
    return true
  }

  /** A round counts that is no step: the state is what it was, or becomes something else. */
  async advance(
    result: RoundResult,
    record: readonly Uint8Array[] | undefined,
    change: () => void
  ): Promise<Revision> {
    const { course, state, ancestry } = this.#parts
    const to = after(result)
    course.place = to
    if (course.revision?.lineage !== result.lineage) {
      throw new ReplicaError(
        'NOT_LEVEL',
        'the lineage has forked off, and its members have yet to agree on a state: call again',
        { cause: undefined }
      )
    }
    await state.update(to, result.participants, record, () => {
      ancestry.note(result.lineage, result.sequence)
      change()
    })
    return to
  }

  /**
   * Takes over the state of others, and replays rounds.
   *
   * @throws {ReplicaError} `NOT_WHOLE`; whatever else stopped it, if there is a state
   */
  async catchUp(
    what: Pick<CatchUpOptions, 'until' | 'lineage'>,
    shape: Values | undefined,
    signal: AbortSignal | undefined,
    onReplay?: () => void
  ): Promise<CatchUpReport> {
    const { course, state, ancestry } = this.#parts
    const replay = async (record: Uint8Array, to: Revision): Promise<void> => {
      const values = shape && readRecord(record, shape)
      if (values === undefined) ancestry.note(to.lineage, to.sequence - 1)
      else await this.#change(to, values)
      onReplay?.()
    }
    const onProgress = (): void => course.touched()
    try {
      return await state.catchUp({ ...what, apply: replay, onProgress, signal })
    } catch (cause) {
      const isLeft = course.revision !== undefined || course.isFresh
      // with nobody to take over from, it may begin, or go on, by itself
      if (isLeft || codeOf(cause) === 'NO_DONORS') course.told = undefined
      if (isLeft) throw cause
      throw new ReplicaError(
        'NOT_WHOLE',
        `taking over the others' state was broken off, and what is in the tensors is none: the next step goes on with it (${String(cause)})`,
        { cause },
        { cause }
      )
    }
  }

  /**
   * What is missing to a round this peer has entered in; with nobody who has it, nothing.
   *
   * @throws {ReplicaError} `NOT_LEVEL` where the others do not wait as long as it takes
   */
  async #makeUp(
    until: Revision,
    values: Values,
    reports: CatchUpReport[],
    signal: AbortSignal | undefined
  ): Promise<void> {
    const { course, init } = this.#parts
    const endMs = init.clock.now() + ENTRY_TIMEOUT_MS
    using either = joinSignals(signal)
    const onReplay = (): void => {
      if (course.isEntering && init.clock.now() > endMs) either.abort(tooSlow())
    }
    try {
      reports.push(await this.catchUp({ until }, values, either.signal, onReplay))
    } catch (error) {
      if (course.revision === undefined || !ABSENT_CODES.has(codeOf(error))) throw error
      course.told ??= error
    }
  }

  async #apply(to: Revision, participants: readonly PeerId[], values: Values): Promise<void> {
    const { course, state } = this.#parts
    course.place = to
    await state.update(to, participants, recordOf('step', values), () => this.#change(to, values))
  }

  async #change(to: Revision, values: Values): Promise<void> {
    const { ancestry, init } = this.#parts
    ancestry.note(to.lineage, to.sequence - 1)
    try {
      await init.apply(values, { revision: to })
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
}

function tooSlow(): ReplicaError {
  return new ReplicaError(
    'NOT_LEVEL',
    'rounds go on faster than what they result in can be fetched: call again to go on from here, or give the peers that serve it more to upload with',
    { cause: undefined }
  )
}
