import { createKernels } from '@daa-compute/kernels'
import { versionOf } from './version.ts'

/** What differences are from. */
export interface Base {
  readonly values: Float32Array
  readonly version: bigint
}

/** Holds a base; none before the first that counts. */
export interface BaseKeeper {
  readonly base: Base | undefined
  /** Of several proposals only the latest can count; the values are its own from now on. */
  propose(values: Float32Array): { commit(): boolean; rollback(): void }
}

export function createBaseKeeper(): BaseKeeper {
  let base: Base | undefined
  let latest: Float32Array | undefined
  return {
    get base() {
      return base
    },
    propose(values) {
      latest = values
      return {
        commit() {
          if (latest !== values) return false
          latest = undefined
          base = { values, version: versionOf(values) }
          return true
        },
        rollback() {
          if (latest === values) latest = undefined
        }
      }
    }
  }
}

/**
 * Adds the base's values.
 *
 * @returns the index of the first sum that is infinite or NaN, -1 for none
 */
export function addBase(values: Float32Array, base: Base): number {
  const kernels = createKernels()
  kernels.add(values, base.values)
  return kernels.findNonFinite(values)
}

/**
 * Takes the base's values off.
 *
 * @returns the index of the first difference that is infinite or NaN, -1 for none
 */
export function subtractBase(values: Float32Array, base: Base): number {
  const kernels = createKernels()
  kernels.scaledAdd(values, base.values, -1)
  return kernels.findNonFinite(values)
}
