/** Smallest slab, in bytes: a page, so that who sends little holds little. */
const MIN_SLAB_LENGTH = 4096

/** Slabs grow to this length, in bytes; longer are only those of a longer frame. */
const MAX_SLAB_LENGTH = 256 * 1024

/** Slabs that are kept without a frame in them: one to fill, one that is being read. */
const MAX_SPARE = 2

/** Frames begin at a multiple of so many bytes, so that any typed array can be laid over them. */
const ALIGNMENT = 8

interface Slab {
  readonly bytes: Uint8Array
  /** Bytes that are given out, from the start. */
  used: number
  /** Frames in it that are not given up. */
  frames: number
}

/** A frame's place in a slab. */
export interface Place {
  readonly bytes: Uint8Array
  readonly slab: object
}

/** Memory for frames that are given up in the order in which they came. */
export class FrameSlabs {
  #current: Slab | undefined
  #spare: Slab[] = []
  #length = MIN_SLAB_LENGTH

  /** A place for a frame of `length` bytes. */
  take(length: number): Place {
    const slab = this.#withRoom(length)
    const bytes = slab.bytes.subarray(slab.used, slab.used + length)
    slab.used += Math.ceil(length / ALIGNMENT) * ALIGNMENT
    slab.frames++
    return { bytes, slab }
  }

  /** Whose memory is used again, once all frames in its slab are given up. */
  giveUp(place: Place): void {
    const slab = place.slab as Slab
    slab.frames--
    if (slab.frames > 0) return
    slab.used = 0
    if (slab !== this.#current && this.#spare.length < MAX_SPARE) this.#spare.push(slab)
  }

  #withRoom(length: number): Slab {
    const current = this.#current
    if (current !== undefined && current.used + length <= current.bytes.byteLength) return current
    // one that is empty is too short, and so will not be needed again
    const index = this.#spare.findIndex(({ bytes }) => bytes.byteLength >= length)
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1)
    if (spare === undefined) this.#spare.shift()
    const next = spare ?? this.#create(length)
    this.#current = next
    return next
  }

  #create(length: number): Slab {
    while (this.#length < Math.min(length, MAX_SLAB_LENGTH)) this.#length *= 2
    const slab = { bytes: new Uint8Array(Math.max(length, this.#length)), used: 0, frames: 0 }
    this.#length = Math.min(2 * this.#length, MAX_SLAB_LENGTH)
    return slab
  }
}
