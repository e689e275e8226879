import type { Clock, Hasher } from '@daa-compute/interface'
import { ANSWER_TIMEOUT_MS, HASH_DONORS, TREE_ARITY } from '../constants.ts'
import { StateError } from '../errors.ts'
import type { Answer, ObjectRef } from '../protocol/messages.ts'
import {
  blockAt,
  type HashTree,
  levelsOf,
  nodeHash,
  rootHash,
  sameBytes,
  type TreeShape
} from '../tree/hash-tree.ts'
import type { DonorLink } from './donor-link.ts'

export interface TreeWalkInit {
  readonly clock: Clock
  readonly hasher: Hasher
  readonly of: ObjectRef
  readonly shape: TreeShape
  readonly root: Uint8Array
  readonly own: HashTree | undefined
  readonly links: () => readonly DonorLink[]
  /** Bytes that need not be fetched. */
  readonly present: (length: number) => void
  readonly missing: (index: number, hash: Uint8Array | undefined) => void
  readonly wasted: (length: number) => void
  /** Some is known that was not: there is more to ask for, or nothing. */
  readonly learned: () => void
}

/** A node whose hashes below are to be learned; `hash` is `undefined` for the one on top. */
interface Node {
  readonly level: number
  readonly index: number
  readonly hash: Uint8Array | undefined
  readonly asked: Set<DonorLink>
}

/**
 * Finds the blocks that differ, from the top down: below a node that is equal nothing
 * is asked for. Hashes are a few thousandths of what they stand for, so several donors
 * are asked for the same ones and the first that is right counts.
 */
export class TreeWalk {
  readonly #init: TreeWalkInit
  readonly #levels: readonly number[]
  readonly #nodes = new Set<Node>()
  #isOver = false

  constructor(init: TreeWalkInit) {
    this.#init = init
    this.#levels = levelsOf(init.shape)
  }

  start(): void {
    const { own, root, shape, present, missing } = this.#init
    const top = this.#levels.length - 1
    if (own !== undefined && sameBytes(own.root, root)) present(shape.byteLength)
    // a single block is known by the root alone
    else if (top === 0) missing(0, undefined)
    else this.#nodes.add({ level: top, index: 0, hash: undefined, asked: new Set() })
  }

  get isDone(): boolean {
    return this.#nodes.size === 0
  }

  /** Asks for what is to be learned, of donors that have not been asked. */
  go(): void {
    if (this.#isOver) return
    for (const node of this.#nodes) {
      for (const link of this.#init.links()) {
        if (node.asked.size >= HASH_DONORS) break
        if (!node.asked.has(link)) this.#ask(node, link)
      }
    }
  }

  /** A donor is gone: others are asked instead. */
  lose(link: DonorLink): void {
    for (const node of this.#nodes) node.asked.delete(link)
  }

  end(): void {
    this.#isOver = true
    this.#nodes.clear()
  }

  #ask(node: Node, link: DonorLink): void {
    node.asked.add(link)
    const { of, clock } = this.#init
    const { level, index } = node
    const { peer } = link
    const cancel = clock.schedule(ANSWER_TIMEOUT_MS, () => {
      const forMs = ANSWER_TIMEOUT_MS
      link.drop(
        new StateError('STALLED', `${peer} sent no hashes for ${forMs} ms`, { peer, forMs })
      )
    })
    link.signal.addEventListener('abort', cancel, { once: true })
    link.post({ type: 'nodes', of, level, index }, (answer) => {
      cancel()
      link.signal.removeEventListener('abort', cancel)
      if (!this.#isOver) this.#take(node, link, answer)
    })
  }

  #take(node: Node, link: DonorLink, answer: Answer): void {
    if (answer.type === 'no') {
      const { peer } = link
      const reason = answer.refusal
      link.drop(
        new StateError('REFUSED', `${peer} has let go what it served: ${reason}`, { peer, reason })
      )
      return
    }
    if (answer.type !== 'nodes') {
      link.malformed(`asked for hashes it answered ${answer.type}`)
      return
    }
    if (!this.#nodes.has(node)) return
    const { hashes } = answer
    if (!this.#isRight(node, hashes)) {
      this.#init.wasted(hashes.byteLength)
      const { peer } = link
      link.drop(
        new StateError('WRONG_BLOCK', `${peer} sent hashes that are not what was vouched for`, {
          peer,
          index: node.index
        })
      )
      return
    }
    this.#nodes.delete(node)
    this.#descend(node, hashes.slice())
    this.#init.learned()
  }

  #isRight({ level, index, hash }: Node, hashes: Uint8Array): boolean {
    const { hasher, shape, root } = this.#init
    const size = hasher.digestLength
    const count = Math.min(TREE_ARITY, (this.#levels[level - 1] ?? 0) - index * TREE_ARITY)
    if (hashes.byteLength !== count * size) return false
    const above = nodeHash(hasher, hashes)
    return hash === undefined
      ? sameBytes(rootHash(hasher, shape, above), root)
      : sameBytes(above, hash)
  }

  #descend({ level, index }: Node, hashes: Uint8Array): void {
    const { hasher, own, present, missing } = this.#init
    const size = hasher.digestLength
    const below = level - 1
    for (let i = 0; i * size < hashes.byteLength; i++) {
      const child = index * TREE_ARITY + i
      const hash = hashes.subarray(i * size, (i + 1) * size)
      if (own !== undefined && sameBytes(own.node(below, child), hash)) {
        present(this.#lengthBelow(below, child))
      } else if (below === 0) {
        missing(child, hash)
      } else {
        this.#nodes.add({ level: below, index: child, hash, asked: new Set() })
      }
    }
  }

  /** Bytes that a node stands for. */
  #lengthBelow(level: number, index: number): number {
    const { shape } = this.#init
    const blocks = TREE_ARITY ** level
    const first = index * blocks
    const last = Math.min(this.#levels[0] ?? 0, first + blocks) - 1
    const { offset, length } = blockAt(shape, last)
    return offset + length - blockAt(shape, first).offset
  }
}
