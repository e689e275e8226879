import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { ReplicaError } from './errors.ts'
import type { Following } from './following.ts'
import { beginTogether, type Stand } from './founding.ts'
import { after, type ReplicaParts } from './parts.ts'
import type { RoundOptions, RoundResult, RoundValues } from './round-source.ts'

const NOT_OURS =
  'the others go on in a lineage that this peer has counted nothing of: it takes over their state'

/** How a run's state begins, and how it goes on where nobody stands for it any more. */
export class Beginnings<Values extends RoundValues> {
  readonly #parts: ReplicaParts<Values>
  readonly #following: Following<Values>
  #divergence: ReplicaError | undefined

  constructor(parts: ReplicaParts<Values>, following: Following<Values>) {
    this.#parts = parts
    this.#following = following
  }

  /** @throws {ReplicaError} `STATE_DIVERGED` once it has been told that */
  assertNotDiverged(): void {
    if (this.#divergence !== undefined) throw this.#divergence
  }

  /**
   * The first round: whether all who begin together begin with the same. Where the others
   * have begun without this peer it has nothing to compare.
   *
   * @throws {ReplicaError} `STATE_DIVERGED`, `NOT_WHOLE`
   */
  async found(signal: AbortSignal): Promise<void> {
    const { course, init } = this.#parts
    const { stand } = course
    const begun = await course.unlessAtOdds(() => this.#beginTogether(stand, { signal }))
    if (begun === undefined) {
      // who brings steps there has rounds behind it that this peer has not
      if (course.isElsewhere)
        course.told = new ReplicaError('NOT_LEVEL', NOT_OURS, { cause: undefined })
      return
    }
    const { result, beginning } = begun
    if (beginning !== 'diverged') {
      this.#begin(result, beginning)
      return
    }
    const { participants } = result
    const takesMost = init.onDiverged === 'majority'
    this.#begin(result, takesMost && stand !== 'nothing' ? 'ours' : 'others')
    if (!takesMost) {
      this.#divergence = new ReplicaError(
        'STATE_DIVERGED',
        `${participants.join(', ')} have begun together and their states differ: begin with the same bytes at every peer (the same seed, or the same checkpoint), or have those of most taken with onDiverged: 'majority'`,
        { participants }
      )
      throw this.#divergence
    }
    await this.#following.catchUp({ until: after(result) }, undefined, signal)
  }

  /**
   * A round counts that is of another lineage than the state: it has forked off in the
   * middle of the call. Its members agree what state it goes on with, and nothing comes of
   * the round: who comes to them meanwhile cannot tell whether it was applied.
   *
   * @returns whether that is this peer's
   */
  async follow(result: RoundResult, signal: AbortSignal): Promise<boolean> {
    const { course } = this.#parts
    const { stand } = course
    const begun = await this.#unlessFailed(signal, () => this.#beginTogether(stand, { signal }))
    if (begun === undefined) {
      course.place = after(result)
      return false
    }
    const isOurs = begun.beginning === 'ours'
    this.#begin(begun.result, isOurs ? 'ours' : 'others')
    return isOurs
  }

  /** The values hold what the round resulted in: only who gives up is told so. */
  async #unlessFailed<Result>(
    signal: AbortSignal,
    call: () => Promise<Result>
  ): Promise<Result | undefined> {
    const { course } = this.#parts
    try {
      return await course.unlessAtOdds(call)
    } catch (error) {
      if (signal.aborted) throw error
      course.told ??= error
      return undefined
    }
  }

  /**
   * Nobody has the state that the lineage this peer is in goes on from: its members were
   * let in by others who are gone. What one of them holds besides is that from here on;
   * what nobody has trained is not, as whoever has may only be away.
   *
   * @throws {ReplicaError} `NOT_WHOLE`
   */
  async settle(signal: AbortSignal | undefined): Promise<void> {
    const { course } = this.#parts
    const { remainder } = course
    const options = { enterLate: true, signal }
    const begun = await course.unlessPassing(() => this.#beginTogether(remainder, options))
    course.isAdrift = false
    if (begun === undefined) return
    const { result, beginning } = begun
    this.#begin(result, beginning === 'diverged' ? 'others' : beginning)
    course.told = undefined
  }

  #beginTogether(stand: Stand, options: RoundOptions): ReturnType<typeof beginTogether> {
    const { run, tensors, hasher = sha256Hasher } = this.#parts.init
    return beginTogether({ run, tensors, hasher }, stand, options)
  }

  #begin(result: RoundResult, whose: 'ours' | 'others' | 'nobodys'): void {
    const { course, state, ancestry, keeper } = this.#parts
    const { lineage, sequence, participants } = result
    course.place = after(result)
    if (whose === 'ours') {
      // before a tensor changes: others may be fetching it
      state.forget()
      ancestry.note(lineage, sequence)
      state.declare(course.place, participants)
      return
    }
    keeper.keep(course.revision)
    course.giveUp()
    if (whose === 'others') return
    throw new ReplicaError(
      'NOT_WHOLE',
      `none of ${participants.join(', ')} has a state: all that did are gone. Wait until one of them is back, or restart these from a checkpoint`,
      { cause: undefined }
    )
  }
}
