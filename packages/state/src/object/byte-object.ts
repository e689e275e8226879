import type { StateTensors } from '../tensors.ts'

/** A sequence of bytes that lies in several arrays. */
export interface ByteObject {
  readonly byteLength: number
  /** The bytes from `offset`, as views, in order. */
  views(offset: number, length: number): Uint8Array[]
}

/** One that can be written. */
export interface WritableObject extends ByteObject {
  write(offset: number, bytes: Uint8Array): void
}

/** Arrays, one behind the other. */
export function joined(parts: readonly Uint8Array[]): WritableObject {
  const starts: number[] = []
  let byteLength = 0
  for (const part of parts) {
    starts.push(byteLength)
    byteLength += part.byteLength
  }
  function views(offset: number, length: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    const end = offset + length
    for (let i = indexOf(starts, offset); i < parts.length; i++) {
      const start = starts[i] ?? 0
      const part = parts[i]
      if (part === undefined || start >= end) break
      const piece = part.subarray(Math.max(0, offset - start), Math.max(0, end - start))
      if (piece.byteLength > 0) pieces.push(piece)
    }
    return pieces
  }
  return {
    byteLength,
    views,
    write(offset, bytes) {
      let at = 0
      for (const piece of views(offset, bytes.byteLength)) {
        piece.set(bytes.subarray(at, at + piece.byteLength))
        at += piece.byteLength
      }
      // a buffer that was transferred away has views of length zero
      if (at < bytes.byteLength) throw new TypeError('the memory of a tensor is gone')
    }
  }
}

/** The bytes of tensors, in the order of their names. */
export function bytesOf(tensors: StateTensors): WritableObject {
  return joined(
    namesOf(tensors).map((name) => {
      const tensor = tensors[name] as Uint8Array
      return new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength)
    })
  )
}

/** By UTF-16 code unit, as on every machine. */
export function namesOf(tensors: StateTensors): string[] {
  return Object.keys(tensors).toSorted((a, b) => (a < b ? -1 : 1))
}

/** The last start that is not behind the offset. */
function indexOf(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
