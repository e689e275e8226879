import type { Hasher } from '@daa-compute/interface'
import { createWriter } from '@daa-compute/wire'
import { HASH_SLICE_LENGTH, TREE_ARITY } from '../constants.ts'
import type { ByteObject } from '../object/byte-object.ts'

/** What a tree is over; all in bytes. */
export interface TreeShape {
  readonly byteLength: number
  readonly blockLength: number
}

// what a hash is of comes first, so that a node cannot pass for a block (as in RFC 6962, 2.1)
const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)
const ROOT = Uint8Array.of(2)

/** Nodes per level, from the leaves to the one on top. An object without bytes has one empty block. */
export function levelsOf({ byteLength, blockLength }: TreeShape): number[] {
  const levels = [Math.max(1, Math.ceil(byteLength / blockLength))]
  for (let count = levels[0] ?? 1; count > 1;) {
    count = Math.ceil(count / TREE_ARITY)
    levels.push(count)
  }
  return levels
}

/** Where a block begins and how long it is. */
export function blockAt(
  { byteLength, blockLength }: TreeShape,
  index: number
): { offset: number; length: number } {
  const offset = index * blockLength
  return { offset, length: Math.min(blockLength, byteLength - offset) }
}

export function leafHash(hasher: Hasher, block: readonly Uint8Array[]): Uint8Array {
  return hashOf(hasher, [LEAF, ...block])
}

/** @param children the hashes of the nodes below, one behind the other */
export function nodeHash(hasher: Hasher, children: Uint8Array): Uint8Array {
  return hashOf(hasher, [NODE, children])
}

/** The digest of an object: of the node on top, and of the shape that says what it stands for. */
export function rootHash(hasher: Hasher, shape: TreeShape, top: Uint8Array): Uint8Array {
  const head = createWriter().uint53(shape.byteLength).uint32(shape.blockLength).finish()
  return hashOf(hasher, [ROOT, head, top])
}

/** A Merkle tree (Merkle 1987) over the blocks of an object. */
export interface HashTree {
  readonly root: Uint8Array
  /** One node's hash; level 0 is that of the blocks. */
  node(level: number, index: number): Uint8Array
  /** The hashes below a node of level 1 and up, one behind the other; `undefined` if there is none. */
  children(level: number, index: number): Uint8Array | undefined
}

/**
 * Hashes an object, in slices.
 *
 * @param pause resolves when others have had their turn
 */
export async function buildTree(
  hasher: Hasher,
  object: ByteObject,
  blockLength: number,
  pause: () => Promise<void>
): Promise<HashTree> {
  const shape = { byteLength: object.byteLength, blockLength }
  const counts = levelsOf(shape)
  const size = hasher.digestLength
  const levels = counts.map((count) => new Uint8Array(count * size))
  const leaves = levels[0] as Uint8Array
  let hashed = 0
  for (let index = 0; index < (counts[0] ?? 0); index++) {
    const { offset, length } = blockAt(shape, index)
    leaves.set(leafHash(hasher, object.views(offset, length)), index * size)
    hashed += length
    if (hashed < HASH_SLICE_LENGTH) continue
    hashed = 0
    await pause()
  }
  const childrenOf = (level: number, index: number): Uint8Array =>
    (levels[level - 1] as Uint8Array).subarray(
      index * TREE_ARITY * size,
      (index + 1) * TREE_ARITY * size
    )
  for (let level = 1; level < counts.length; level++) {
    for (let index = 0; index < (counts[level] ?? 0); index++) {
      levels[level]?.set(nodeHash(hasher, childrenOf(level, index)), index * size)
    }
  }
  return {
    root: rootHash(hasher, shape, levels.at(-1) as Uint8Array),
    node: (level, index) =>
      (levels[level] as Uint8Array).subarray(index * size, (index + 1) * size),
    children: (level, index) =>
      level >= 1 && index < (counts[level] ?? 0) ? childrenOf(level, index) : undefined
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false
  return true
}

function hashOf(hasher: Hasher, parts: readonly Uint8Array[]): Uint8Array {
  const hash = hasher.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}
