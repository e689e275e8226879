import type { Hasher } from '@daa-compute/interface'
import type { TypedArray } from '../tensors.ts'

/** Bytes of a digest that are compared: no two states agree in as many by chance. */
const COMPARED = 32

/** The values of a founding round: nobody's step has them. */
export type Founding = Readonly<Record<'daa:founding', Float64Array<ArrayBuffer>>>

/**
 * What peers that begin together bring to the first round, to be combined by their
 * maximum: the digest of the state, byte by byte, and the negative of each. The
 * states are equal where no byte has two values, that is, where the greatest is
 * also the least.
 */
export function foundingValues(
  tensors: Readonly<Record<string, TypedArray>>,
  hasher: Hasher
): Founding {
  const hash = hasher.create()
  for (const [name, tensor] of Object.entries(tensors).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const kind = Object.prototype.toString.call(tensor).slice(8, -1)
    hash.update(new TextEncoder().encode(JSON.stringify([name, kind, tensor.length])))
    hash.update(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength))
  }
  const values = new Float64Array(2 * COMPARED)
  for (const [i, byte] of hash.digest().subarray(0, COMPARED).entries()) {
    values[i] = byte
    values[COMPARED + i] = -byte
  }
  return { 'daa:founding': values }
}

/** Whether all who brought one had the same. */
export function areAllEqual({ 'daa:founding': values }: Founding): boolean {
  for (let i = 0; i < COMPARED; i++) {
    if (values[i] !== -(values[COMPARED + i] ?? 0)) return false
  }
  return true
}
