import type { Engine, Slot } from './engine.ts'

/** An array that loops are to work on: where it is, or a tile of it in a slot. Offsets are in bytes. */
export interface Operand {
  /** Whether it is in the memory of the engine, so that no tiles are needed. */
  readonly resident: boolean
  /** A pointer to what is between the offsets. */
  load(start: number, end: number): number
  /** A pointer to room for what belongs at the offset. */
  place(start: number): number
  /** Puts what loops have written to that room where it belongs. */
  store(start: number, end: number): void
}

export function operandOf(engine: Engine, array: ArrayBufferView, slot: Slot): Operand {
  const { byteOffset } = array
  if (array.buffer === engine.buffer) {
    return {
      resident: true,
      load: (start) => byteOffset + start,
      place: (start) => byteOffset + start,
      store() {}
    }
  }
  const bytes = new Uint8Array(array.buffer, byteOffset, array.byteLength)
  return {
    resident: false,
    load(start, end) {
      slot.bytes.set(bytes.subarray(start, end))
      return slot.pointer
    },
    place: () => slot.pointer,
    store(start, end) {
      bytes.set(slot.bytes.subarray(0, end - start), start)
    }
  }
}
