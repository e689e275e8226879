import { CLASSES, MAX_SHIFT, PIXELS, SIDE } from './constants.ts'
import type { Examples } from './digits.ts'
import { shuffled, type Sequence } from './random.ts'

/** What one gradient is computed from. */
export interface Batch {
  readonly length: number
  /** `length * 784` values. */
  readonly pixels: Float32Array<ArrayBuffer>
  /** `length * 10` values: 1 at the label, 0 elsewhere. */
  readonly targets: Float32Array<ArrayBuffer>
}

/**
 * Draws batches for ever: the examples in a random order, then in another one.
 * Each digit is shifted by up to a pixel each way, which makes of 8,000 digits
 * nine times as many.
 *
 * @param size examples of a batch; fewer if there are not as many
 * @returns a function that gives the next batch, valid until the next call
 */
export function createBatches(examples: Examples, size: number, sequence: Sequence): () => Batch {
  const length = Math.min(size, examples.length)
  const pixels = new Float32Array(length * PIXELS)
  const targets = new Float32Array(length * CLASSES)
  let order = shuffled(examples.length, sequence)
  let next = 0
  return () => {
    pixels.fill(0)
    targets.fill(0)
    for (let i = 0; i < length; i++) {
      if (next === order.length) {
        order = shuffled(examples.length, sequence)
        next = 0
      }
      const example = order[next++] ?? 0
      const digit = examples.pixels.subarray(example * PIXELS, (example + 1) * PIXELS)
      const right = sequence.integer(-MAX_SHIFT, MAX_SHIFT)
      const down = sequence.integer(-MAX_SHIFT, MAX_SHIFT)
      shift(digit, pixels.subarray(i * PIXELS, (i + 1) * PIXELS), right, down)
      targets[i * CLASSES + (examples.labels[example] ?? 0)] = 1
    }
    return { length, pixels, targets }
  }
}

/** Copies a digit, moved; what leaves the frame is lost, what enters is left as it was. */
function shift(from: Float32Array, to: Float32Array, right: number, down: number): void {
  const width = SIDE - Math.abs(right)
  for (let row = Math.max(0, down); row < Math.min(SIDE, SIDE + down); row++) {
    const start = (row - down) * SIDE + Math.max(0, -right)
    to.set(from.subarray(start, start + width), row * SIDE + Math.max(0, right))
  }
}
