import type { Revision, SharedState } from '../shared-state.ts'
import { codeOf, isAboutFounding } from './errors.ts'
import type { Stand } from './founding.ts'

/** After these the others go on, or bring something else for a moment: entering is tried again. */
const PASSING_CODES: ReadonlySet<unknown> = new Set(['BEHIND', 'REQUEST_MISMATCH', 'ABORTED'])

export interface CourseInit {
  readonly state: SharedState
  /** The others have gone on without this peer. */
  behind(error: unknown): void
}

/** Where this peer stands in the run, what its tensors are, and what is to be done about it. */
export class Course {
  /** What the state is after the rounds that this peer has counted in the run. */
  place: Revision | undefined
  /** What it was told when the others had gone on without it, until it is level again. */
  told: unknown
  /** Whether it goes on in its own lineage for one round, as nobody of the better one answers. */
  isStubborn = false
  /** Whether nobody had anything to bring to the round that it last tried to enter in. */
  isNeeded = false
  /** Whether it has entered a lineage in which nobody has a state. */
  isAdrift = false
  /** The lineage of the coming round, as the run says. */
  seat: string | undefined
  /** Whether it is on its way into a lineage, which is not where its state is from. */
  isEntering = false
  readonly #init: CourseInit
  /** Whether the tensors are no more what the caller made them before the first step. */
  #isTouched = false
  /** What the tensors were when another's state was to be taken over, while they still are. */
  #given: Stand = 'nothing'

  constructor(init: CourseInit) {
    this.#init = init
  }

  get revision(): Revision | undefined {
    return this.#init.state.revision
  }

  /** Whether it is in no lineage, and knows of none to be in. */
  get isNowhere(): boolean {
    return this.place === undefined && this.told === undefined
  }

  /** Whether nothing was made of the tensors yet but what the caller did. */
  get isFresh(): boolean {
    return this.place === undefined && !this.#isTouched
  }

  /**
   * Whether the coming round is of a lineage that this peer has counted nothing of. One that
   * has forked off goes on from where its members stood; another one does not.
   */
  get isElsewhere(): boolean {
    return this.isLevel && this.seat !== undefined && this.seat !== this.place?.lineage
  }

  /** Whether its state is what the rounds make it that it has counted. */
  get isInPlace(): boolean {
    return isSame(this.revision, this.place)
  }

  /** Whether the coming round is this peer's like everybody's. */
  get isLevel(): boolean {
    return this.told === undefined && !this.isEntering && this.isInPlace
  }

  /** Goes on in its own lineage: who comes to it meanwhile takes over its state. */
  insist(): void {
    this.isStubborn = true
    this.#init.state.reaffirm()
  }

  /** What it brings to the beginning of a run. */
  get stand(): Stand {
    return this.revision ?? (this.#isTouched ? 'nothing' : 'fresh')
  }

  /** What it brings where nobody stands for a state: one that was given up, if it still is one. */
  get remainder(): Stand {
    return this.revision ?? this.#given
  }

  /** Another's state is to be taken over; who has it may never hand it on. */
  giveUp(): void {
    this.#given = this.stand
    this.#init.state.forget()
  }

  /** Something of another's state was written. */
  touched(): void {
    this.#isTouched = true
    this.#given = 'nothing'
  }

  /** @returns `undefined` where the others have gone on */
  async unlessBehind<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await call()
    } catch (error) {
      if (codeOf(error) !== 'BEHIND') throw error
      this.told = error
      this.#init.behind(error)
      return undefined
    }
  }

  /** @returns `undefined` where others begin together, or have gone on */
  async unlessAtOdds<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await this.unlessBehind(call)
    } catch (error) {
      if (!isAboutFounding(error)) throw error
      return undefined
    }
  }

  /** @returns `undefined` where entering is to be tried again */
  async unlessPassing<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await call()
    } catch (error) {
      const code = codeOf(error)
      // where nobody brings anything no attempt comes to an end
      this.isNeeded = code === 'ABORTED' || code === 'OUTCOME_UNKNOWN'
      if (!PASSING_CODES.has(code)) throw error
      this.told ??= error
      this.isAdrift = !this.isAdrift && isAboutFounding(error)
      return undefined
    }
  }
}

export function isSame(a: Revision | undefined, b: Revision | undefined): boolean {
  return a !== undefined && a.lineage === b?.lineage && a.sequence === b.sequence
}
