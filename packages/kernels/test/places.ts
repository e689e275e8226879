import type { Kernels } from '../src/index.ts'

/** Where arrays are put for a test: where kernels work in place, and where they don't. */
export interface Place {
  readonly name: string
  /** A copy of the values there. */
  floats(values: Float32Array): Float32Array
  /** A copy of the bytes there. */
  bytes(values: Uint8Array): Uint8Array
}

/** Room in an arena for all that one case needs. */
const ARENA_LENGTH = 1 << 20

/** All places; one call's result serves one case. */
export function placesFor(kernels: Kernels): readonly Place[] {
  const arena = kernels.createArena(ARENA_LENGTH)
  return [
    {
      name: 'arrays of their own',
      floats: (values) => values.slice(),
      bytes: (values) => values.slice()
    },
    {
      name: 'the middle of other arrays, bytes at odd places',
      floats(values) {
        const view = new Float32Array(values.length + 3).subarray(1, values.length + 1)
        view.set(values)
        return view
      },
      bytes(values) {
        const view = new Uint8Array(values.length + 9).subarray(3, values.length + 3)
        view.set(values)
        return view
      }
    },
    {
      name: 'one arena',
      floats(values) {
        const view = arena.floats(values.length + 1).subarray(1)
        view.set(values)
        return view
      },
      bytes(values) {
        const view = arena.bytes(values.length + 1).subarray(1)
        view.set(values)
        return view
      }
    },
    {
      name: 'floats in an allocation, bytes not',
      floats(values) {
        const view = kernels.allocate(values.length)
        view.set(values)
        return view
      },
      bytes: (values) => values.slice()
    }
  ]
}
