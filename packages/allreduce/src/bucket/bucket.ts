import { createValues, ELEMENT_LENGTH, type Values } from '../executor/tensor.ts'
import type { BucketLayout, NamedTensors } from './layout.ts'

/**
 * One flat array that named tensors are copied into, so that they are reduced
 * together: many small ones cost as many frames as one large one. Its memory is
 * kept from one use to the next and grows to the largest.
 */
export class Bucket {
  #memory = new ArrayBuffer(0)

  /** Copies the tensors in. @returns the bucket, valid until the next call */
  pack(tensors: NamedTensors, layout: BucketLayout): Values {
    const size = layout.length * ELEMENT_LENGTH[layout.dtype]
    if (this.#memory.byteLength < size) this.#memory = new ArrayBuffer(size)
    const flat = createValues(layout.dtype, layout.length, this.#memory)
    for (const { name, start } of layout.entries) {
      const tensor = tensors[name]
      if (tensor !== undefined) flat.set(tensor, start)
    }
    return flat
  }

  /** Copies the bucket's values back into the tensors. */
  unpack(flat: Values, tensors: NamedTensors, layout: BucketLayout): void {
    for (const { name, start, end } of layout.entries) tensors[name]?.set(flat.subarray(start, end))
  }
}
