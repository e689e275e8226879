import { requireBlockLength, requireRoom, requireSameLength } from '../fit.ts'
import type { Kernels } from '../kernels.ts'
import { type Engine, TILE_LENGTH } from './engine.ts'
import type { Engines } from './engines.ts'
import type { Loops } from './loops.ts'
import { operandOf } from './operand.ts'

type VectorKernels = Pick<Kernels, 'add' | 'scaledAdd' | 'blockMaxAbs' | 'findNonFinite'>

/** Sums and scans. */
export function createVectorKernels(engines: Engines): VectorKernels {
  return {
    add(target, values) {
      update(engines.of(target, values), target, values, (loops, to, from, count) => {
        loops.add(to, from, count)
      })
    },

    scaledAdd(target, values, factor) {
      update(engines.of(target, values), target, values, (loops, to, from, count) => {
        loops.scaledAdd(to, from, count, factor)
      })
    },

    blockMaxAbs(values, blockLength, out) {
      requireBlockLength(blockLength)
      requireRoom(out, Math.ceil(values.length / blockLength))
      if (blockLength > TILE_LENGTH) {
        maxAbsOfLong(engines, values, blockLength, out)
        return
      }
      const engine = engines.of(values, out)
      const { loops, slots } = engine
      const source = operandOf(engine, values, slots[0])
      const target = operandOf(engine, out, slots[1])
      const tile = TILE_LENGTH - (TILE_LENGTH % blockLength)
      const step = source.resident && target.resident ? values.length : tile
      for (let start = 0; start < values.length; start += step) {
        const end = Math.min(start + step, values.length)
        const from = source.load(4 * start, 4 * end)
        const first = 4 * (start / blockLength)
        loops.blockMaxAbs(from, end - start, blockLength, target.place(first))
        target.store(first, 4 * Math.ceil(end / blockLength))
      }
    },

    findNonFinite(values) {
      const engine = engines.of(values)
      const source = operandOf(engine, values, engine.slots[0])
      const step = source.resident ? values.length : TILE_LENGTH
      for (let start = 0; start < values.length; start += step) {
        const end = Math.min(start + step, values.length)
        const found = engine.loops.findNonFinite(source.load(4 * start, 4 * end), end - start)
        if (found >= 0) return start + found
      }
      return -1
    }
  }
}

/** Runs a loop that changes `target` by `values`. */
function update(
  engine: Engine,
  target: Float32Array,
  values: Float32Array,
  run: (loops: Loops, to: number, from: number, count: number) => void
): void {
  requireSameLength(target, values)
  const result = operandOf(engine, target, engine.slots[0])
  const source = operandOf(engine, values, engine.slots[1])
  const step = result.resident && source.resident ? target.length : TILE_LENGTH
  for (let start = 0; start < target.length; start += step) {
    const end = Math.min(start + step, target.length)
    const to = result.load(4 * start, 4 * end)
    run(engine.loops, to, source.load(4 * start, 4 * end), end - start)
    result.store(4 * start, 4 * end)
  }
}

/** Blocks that no tile holds: the largest of the maxima of their tiles. */
function maxAbsOfLong(
  engines: Engines,
  values: Float32Array,
  blockLength: number,
  out: Float32Array
): void {
  const engine = engines.of(values)
  const { loops, slots } = engine
  const source = operandOf(engine, values, slots[0])
  const maximum = new Int32Array(engine.buffer, slots[1].pointer, 1)
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length)
  for (let block = 0, start = 0; start < values.length; block++, start += blockLength) {
    const end = Math.min(start + blockLength, values.length)
    let peak = 0
    for (let at = start; at < end; at += TILE_LENGTH) {
      const until = Math.min(at + TILE_LENGTH, end)
      const from = source.load(4 * at, 4 * until)
      loops.blockMaxAbs(from, until - at, TILE_LENGTH, slots[1].pointer)
      peak = Math.max(peak, maximum[0]!)
    }
    bits[block] = peak
  }
}
