import { CountedBytes, type Frame } from '@daa-compute/interface'
import { FRAME_OVERHEAD } from './constants.ts'

/** A frame on its way or at its destination. */
export interface Message {
  readonly bytes: Uint8Array
  /** Bytes that it stands for: those it has, and those it only counts. */
  readonly length: number
}

/** Bytes that the receiver will see. */
export function realLength(frame: Frame): number {
  if (frame instanceof Uint8Array) return frame.length
  let length = 0
  for (const part of frame) length += part.length
  return length
}

/** Bytes that the frame stands for: those it has, and those it only counts. */
export function countedLength(frame: Frame): number {
  if (frame instanceof Uint8Array) return countedOf(frame)
  let length = 0
  for (const part of frame) length += countedOf(part)
  return length
}

/** What it counts for, by window and bandwidth, in bytes. */
export function chargeOf(message: Message): number {
  return message.length + FRAME_OVERHEAD
}

/** The frame in memory of its own. */
export function copyFrame(frame: Frame): Uint8Array {
  const bytes = allocate(realLength(frame))
  if (frame instanceof Uint8Array) {
    bytes.set(frame)
    return bytes
  }
  let offset = 0
  for (const part of frame) {
    if (part.length > 0) bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

function countedOf(part: Uint8Array): number {
  // those that only count have no bytes, which is quicker to see
  return part.length === 0 && part instanceof CountedBytes ? part.counted : part.length
}

/** Memory from which small frames are cut, in bytes: a buffer for each costs more than the rest. */
const SLAB_LENGTH = 64 * 1024
/** Longest frame that is cut from a slab, so that little of one is wasted. */
const MAX_SLAB_FRAME = 4 * 1024

let slab = new ArrayBuffer(SLAB_LENGTH)
let slabUsed = 0

/** Bytes at a multiple of eight of their buffer; they hold anything. */
function allocate(length: number): Uint8Array {
  if (length > MAX_SLAB_FRAME) return new Uint8Array(length)
  if (slabUsed + length > SLAB_LENGTH) {
    slab = new ArrayBuffer(SLAB_LENGTH)
    slabUsed = 0
  }
  const bytes = new Uint8Array(slab, slabUsed, length)
  slabUsed += (length + 7) & ~7
  return bytes
}
