import type { Hasher } from '@daa-compute/interface'
import type { Revision } from '../shared-state.ts'
import type { TypedArray } from '../tensors.ts'
import type { RoundOptions, RoundResult, RoundSource } from './round-source.ts'

/** Bytes of a digest that are compared: no two states agree in as many by chance. */
const COMPARED = 32

/** Factor of how far a state has got: below it there are 32 bits of the state's digest. */
const FURTHER = 2 ** 32

/** The furthest that is told apart, so that all of it is exact in a float64. */
const MOST_ROUNDS = 2 ** 20

/**
 * What a peer brings to a beginning: the state of a run whose other members are gone,
 * what its caller made the tensors, or neither, as the one is half overwritten by the other.
 */
export type Stand = Revision | 'fresh' | 'nothing'

/** Whose state those who have begun together go on with. */
export type Beginning = 'ours' | 'others' | 'nobodys' | 'diverged'

/** The values of a founding round: nobody's step has them. */
type Founding = Readonly<Record<'daa:founding', Float64Array<ArrayBuffer>>>

export interface FoundingInit {
  readonly run: RoundSource
  readonly tensors: Readonly<Record<string, TypedArray>>
  readonly hasher: Hasher
}

/**
 * A round by which peers agree what state they begin with: the furthest that one of
 * them brings; and if none brings any what their callers made of the tensors, provided
 * that is the same. Whoever has something else takes that over.
 */
export async function beginTogether(
  init: FoundingInit,
  stand: Stand,
  options: Pick<RoundOptions, 'enterLate' | 'signal'>
): Promise<{ readonly result: RoundResult; readonly beginning: Beginning }> {
  const digest = digestOf(init)
  const values = foundingValues(stand, digest)
  const result = await init.run.allReduce(values, { ...options, op: 'max', yields: true })
  return { result, beginning: beginningOf(stand, digest, values) }
}

/**
 * To be combined by their maximum: how far the state is, and what it is; its digest
 * byte by byte, and the negative of each. The digests are equal where no byte has two
 * values, that is, where the greatest is also the least.
 */
function foundingValues(stand: Stand, digest: Uint8Array): Founding {
  const values = new Float64Array(1 + 2 * COMPARED).fill(-FURTHER)
  values[0] = keyOf(stand, digest)
  if (stand === 'nothing') return { 'daa:founding': values }
  for (const [i, byte] of digest.subarray(0, COMPARED).entries()) {
    values[1 + i] = byte
    values[1 + COMPARED + i] = -byte
  }
  return { 'daa:founding': values }
}

function beginningOf(
  stand: Stand,
  digest: Uint8Array,
  { 'daa:founding': values }: Founding
): Beginning {
  const [most = 0] = values
  if (most < 0) return 'nobodys'
  if (most === 0 && !areAllEqual(values.subarray(1))) return 'diverged'
  return keyOf(stand, digest) === most ? 'ours' : 'others'
}

function keyOf(stand: Stand, digest: Uint8Array): number {
  if (stand === 'nothing') return -1
  if (stand === 'fresh') return 0
  const [a = 0, b = 0, c = 0, d = 0] = digest
  const rounds = Math.min(stand.sequence, MOST_ROUNDS)
  return (1 + rounds) * FURTHER + (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d)
}

function digestOf({ tensors, hasher }: FoundingInit): Uint8Array {
  const hash = hasher.create()
  for (const [name, tensor] of Object.entries(tensors).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const kind = Object.prototype.toString.call(tensor).slice(8, -1)
    hash.update(new TextEncoder().encode(JSON.stringify([name, kind, tensor.length])))
    hash.update(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength))
  }
  return hash.digest()
}

/** Whether all who brought one had the same. */
function areAllEqual(digests: Float64Array): boolean {
  for (let i = 0; i < COMPARED; i++) {
    if (digests[i] !== -(digests[COMPARED + i] ?? 0)) return false
  }
  return true
}
