import type { Revision, SharedStateInit } from '../shared-state.ts'
import { type Ancestry, ANCESTRY_NAME, type Descent, partingOf } from './ancestry.ts'
import { floatsOf, type FloatTensors, type Fork } from './meeting.ts'

interface Kept {
  readonly revision: Revision
  readonly descents: readonly Descent[]
  /** `undefined` where states that meet are not averaged. */
  readonly tensors: FloatTensors | undefined
}

/** What a peer had before it took over the state of others, until it stands where they do. */
export class ForkKeeper {
  readonly #tensors: SharedStateInit['tensors']
  readonly #ancestry: Ancestry
  readonly #isAveraging: boolean
  #kept: Kept | undefined

  constructor(tensors: SharedStateInit['tensors'], ancestry: Ancestry, isAveraging: boolean) {
    this.#tensors = tensors
    this.#ancestry = ancestry
    this.#isAveraging = isAveraging
  }

  /** Before a state is taken over; a second time, when that was broken off, the first still holds. */
  keep(revision: Revision | undefined): void {
    if (this.#kept !== undefined || revision === undefined) return
    const { [ANCESTRY_NAME]: _, ...own } = this.#tensors
    this.#kept = {
      revision,
      descents: this.#ancestry.list(),
      tensors: this.#isAveraging ? floatsOf(own) : undefined
    }
  }

  /**
   * When this peer stands where the others do: what it has given up for that, if it was
   * more than a state that the others' came from.
   */
  release({ sequence }: Revision): Fork | undefined {
    const kept = this.#kept
    this.#kept = undefined
    if (kept === undefined) return undefined
    const { revision, descents, tensors } = kept
    const parting = partingOf(descents, revision.sequence, this.#ancestry.list(), sequence)
    if (parting.ours === 0) return undefined
    const { ours: rounds, theirs: against } = parting
    return { lineage: revision.lineage, rounds, against, tensors: tensors ?? {} }
  }
}
