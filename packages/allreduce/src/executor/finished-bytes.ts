import type { Step } from '../schedule/schedule.ts'
import type { Segment } from './layout.ts'

interface Held {
  readonly bytes: Uint8Array
  readonly buffer: Uint8Array
  readers: number
}

/**
 * The encoded bytes of finished segments between their arrival (or encoding) and
 * their last forwarding: everybody has to decode the very bytes the finisher
 * wrote, so they cannot be encoded again. At most one chunk's worth per rank in
 * a ring; buffers are used again.
 */
export class FinishedBytes {
  /** By number of the segment. */
  readonly #held = new Map<number, Held>()
  readonly #free: Uint8Array[] = []
  readonly #readers: ReadonlyMap<number, number>
  readonly #capacity: number

  /** @param capacity bytes that hold any encoded segment */
  constructor(steps: readonly Step[], capacity: number) {
    this.#capacity = capacity
    this.#readers = sendsOfFinished(steps)
  }

  /** A buffer that any encoded segment fits. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.#capacity)
  }

  /** Keeps `bytes`, which lie in `buffer`, until every send of the segment has let go of them. */
  hold({ chunk, index }: Segment, bytes: Uint8Array, buffer: Uint8Array): void {
    const readers = this.#readers.get(chunk) ?? 0
    if (readers === 0) this.#free.push(buffer)
    else this.#held.set(index, { bytes, buffer, readers })
  }

  /** Keeps a copy of bytes that are somebody else's, if anything will be sent of them. */
  holdCopy(segment: Segment, bytes: Uint8Array): void {
    if ((this.#readers.get(segment.chunk) ?? 0) === 0) return
    const buffer = this.take()
    buffer.set(bytes)
    this.hold(segment, buffer.subarray(0, bytes.byteLength), buffer)
  }

  /** The held bytes of a segment. */
  get({ index }: Segment): Uint8Array {
    const held = this.#held.get(index)
    if (held === undefined) throw new RangeError(`segment ${index} is not held`)
    return held.bytes
  }

  /** One send of the segment is over. */
  release({ index }: Segment): void {
    const held = this.#held.get(index)
    if (held === undefined) return
    held.readers--
    if (held.readers > 0) return
    this.#held.delete(index)
    this.#free.push(held.buffer)
  }
}

function sendsOfFinished(steps: readonly Step[]): Map<number, number> {
  const finished = new Map<number, number>()
  for (const step of steps) {
    if (step.op === 'finish' || step.op === 'copy') finished.set(step.chunk, 0)
    else if (step.op === 'send') {
      const sends = finished.get(step.chunk)
      if (sends !== undefined) finished.set(step.chunk, sends + 1)
    }
  }
  return finished
}
