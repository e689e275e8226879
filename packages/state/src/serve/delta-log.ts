import { type ByteObject, joined } from '../object/byte-object.ts'
import { sameRevision, type Statement } from '../protocol/messages.ts'
import type { Revision } from '../shared-state.ts'
import type { HashTree } from '../tree/hash-tree.ts'
import type { Served } from './held-state.ts'

/** What led from one revision to the next. */
export interface LoggedDelta extends Served {
  readonly from: Revision
  /** `false` if it cannot be replayed. */
  readonly isReplayable: boolean
}

/** What rounds resulted in, as long as somebody may ask for it. */
export class DeltaLog {
  readonly #build: (object: ByteObject) => Promise<HashTree>
  #entries: LoggedDelta[] = []
  #first = 0
  #byteLength = 0

  constructor(build: (object: ByteObject) => Promise<HashTree>) {
    this.#build = build
  }

  get byteLength(): number {
    return this.#byteLength
  }

  /** The place behind the last entry. */
  get end(): number {
    return this.#first + this.#entries.length
  }

  add(from: Revision, statement: Statement, delta: readonly Uint8Array[] | undefined): void {
    const object = joined((delta ?? []).map((part) => part.slice()))
    let tree: Promise<HashTree> | undefined
    this.#entries.push({
      from,
      statement,
      object,
      isLive: false,
      isReplayable: delta !== undefined,
      tree: () => (tree ??= this.#build(object))
    })
    this.#byteLength += object.byteLength
  }

  find(from: Revision): { place: number; entry: LoggedDelta } | undefined {
    const index = this.#entries.findIndex((entry) => sameRevision(entry.from, from))
    const entry = this.#entries[index]
    return entry && { place: this.#first + index, entry }
  }

  /** Lets go what comes before a place. */
  trim(place: number): void {
    while (this.#first < place && this.#entries.length > 0) {
      this.#byteLength -= this.#entries.shift()?.object.byteLength ?? 0
      this.#first++
    }
  }
}
