import type { ByteObject, WritableObject } from '../object/byte-object.ts'
import { joined } from '../object/byte-object.ts'
import type { Statement } from '../protocol/messages.ts'
import type { HashTree } from '../tree/hash-tree.ts'

/** Something that is served: its bytes, and their tree once somebody has asked for it. */
export interface Served {
  readonly statement: Statement
  readonly object: ByteObject
  /** Whether its bytes may change while they are being sent. */
  readonly isLive: boolean
  tree(): Promise<HashTree>
}

/**
 * One revision of the state: the tensors themselves until they change, and only if it
 * is still wanted then, a copy. The change is whatever code an optimizer is, which
 * cannot be watched write by write; so it is a copy of the whole, and there is never
 * more than one.
 */
export class HeldState implements Served {
  readonly statement: Statement
  readonly #build: (object: ByteObject) => Promise<HashTree>
  #object: ByteObject
  #tree: Promise<HashTree> | undefined
  isLive = true

  constructor(
    statement: Statement,
    tensors: WritableObject,
    build: (object: ByteObject) => Promise<HashTree>
  ) {
    this.statement = statement
    this.#object = tensors
    this.#build = build
  }

  get object(): ByteObject {
    return this.#object
  }

  tree(): Promise<HashTree> {
    // the tree may still be building when the copy takes the place of the tensors
    const bytes: ByteObject = {
      byteLength: this.#object.byteLength,
      views: (offset, length) => this.#object.views(offset, length)
    }
    this.#tree ??= this.#build(bytes)
    return this.#tree
  }

  freeze(): void {
    if (!this.isLive) return
    const copy = new Uint8Array(this.#object.byteLength)
    let at = 0
    for (const piece of this.#object.views(0, copy.byteLength)) {
      copy.set(piece, at)
      at += piece.byteLength
    }
    this.#object = joined([copy])
    this.isLive = false
  }
}
