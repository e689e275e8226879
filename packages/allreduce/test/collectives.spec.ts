import { coarseCodec } from '@daa-compute/testing/coarse-codec'
import type { Algorithm, DType, Random, ReduceOp } from '@daa-compute/interface'
import { createSimnet } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { narrow, widen } from '../src/executor/half.ts'
import type { Values } from '../src/executor/tensor.ts'
import { bytesOf, reduceTogether, reducing } from './reduce-together.ts'

const ALGORITHMS: readonly Algorithm[] = ['ring', 'tree', 'butterfly', 'hierarchical', 'direct']
const DTYPES: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16']
const OPS: readonly ReduceOp[] = ['sum', 'mean', 'min', 'max', 'product']
const SIZES = [1, 2, 3, 5, 8, 11]

/** Largest relative distance of a value from the nearest one of its dtype. */
const ROUNDING: Record<DType, number> = {
  float32: 2 ** -24,
  float64: 2 ** -53,
  float16: 2 ** -11,
  bfloat16: 2 ** -8
}
/** In which sums are made. */
const SUMS: Record<DType, number> = {
  float32: 2 ** -24,
  float64: 2 ** -53,
  float16: 2 ** -24,
  bfloat16: 2 ** -24
}

const FOLDS: Record<ReduceOp, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  mean: (a, b) => a + b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  product: (a, b) => a * b
}

function fromNumbers(dtype: DType, numbers: readonly number[]): Values {
  if (dtype === 'float32') return Float32Array.from(numbers)
  if (dtype === 'float64') return Float64Array.from(numbers)
  const bits = new Uint16Array(numbers.length)
  narrow(dtype, Float32Array.from(numbers), bits)
  return bits
}

function toNumbers(dtype: DType, values: Values): number[] {
  if (dtype === 'float32' || dtype === 'float64') return [...values]
  const floats = new Float32Array(values.length)
  widen(dtype, values as Uint16Array, floats)
  return [...floats]
}

function randomOf(seed: number): Random {
  return createSimnet({ seed }).addPeer('any').random
}

/** Values of magnitude 0.5 to 1.5, of either sign. */
function noise(random: Random, dtype: DType, length: number): Values {
  const numbers = Array.from({ length }, () => {
    const value = random.next() + 0.5
    return random.next() < 0.5 ? value : -value
  })
  return fromNumbers(dtype, numbers)
}

function clustersOf(size: number): number[][] {
  const half = Math.ceil(size / 3)
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  return [ranks.slice(0, half), ranks.slice(half)].filter((cluster) => cluster.length > 0)
}

function expectSameBytes(values: readonly Values[]): void {
  const [first] = values
  for (const other of values) expect(bytesOf(other)).toEqual(first && bytesOf(first))
}

describe('an all-reduce', () => {
  for (const algorithm of ALGORITHMS) {
    for (const dtype of DTYPES) {
      it(`by ${algorithm} of ${dtype}: every op, within its error, the same bits everywhere`, async () => {
        for (const [index, size] of SIZES.entries()) {
          const random = randomOf(index)
          for (const op of OPS) {
            for (const length of [0, 3, 700]) {
              const values = Array.from({ length: size }, () => noise(random, dtype, length))
              const before = values.map((one) => toNumbers(dtype, one))
              const digests = await reduceTogether({
                values,
                algorithm,
                dtype,
                op,
                segmentLength: 64,
                clusters: algorithm === 'hierarchical' ? clustersOf(size) : [],
                shards:
                  algorithm === 'direct' ? Array.from({ length: size }, (_, i) => (i + 1) % 3) : []
              })
              expect(new Set(digests).size).toBe(1)
              expectSameBytes(values)
              assertAggregate(op, dtype, before, toNumbers(dtype, values[0] ?? new Float32Array()))
            }
          }
        }
      })
    }

    it(`by ${algorithm} weighs a mean`, async () => {
      for (const dtype of DTYPES) {
        const values = [1, 2, 4, 8, 16].map((value) => fromNumbers(dtype, [value, -value, 0]))
        await reduceTogether({ values, weights: [1, 0, 0.25, 2, 3], algorithm, dtype })
        expectSameBytes(values)
        // (1 + 1 + 16 + 48) / 6.25
        const [mean = NaN, minus = NaN] = toNumbers(dtype, values[0] ?? new Float32Array())
        expect(Math.abs(mean - 66 / 6.25)).toBeLessThan(16 * ROUNDING[dtype])
        expect(minus).toBe(-mean)
      }
    })

    it(`by ${algorithm} through a lossy codec: the same bits everywhere`, async () => {
      for (const size of SIZES) {
        const random = randomOf(size)
        const values = Array.from({ length: size }, () => noise(random, 'float32', 700))
        const digests = await reduceTogether({
          values,
          algorithm,
          codec: coarseCodec,
          segmentLength: 64
        })
        expect(new Set(digests).size).toBe(1)
        expectSameBytes(values)
      }
    })
  }

  /** Checks an aggregate against one in float64, within the documented error. */
  function assertAggregate(
    op: ReduceOp,
    dtype: DType,
    before: readonly number[][],
    after: readonly number[]
  ): void {
    const size = before.length
    for (const [i, result] of after.entries()) {
      const inputs = before.map((values) => values[i] ?? NaN)
      const folded = inputs.reduce((a, b) => FOLDS[op](a, b))
      const expected = op === 'mean' ? folded / size : folded
      const magnitudes = inputs.map(Math.abs)
      const scale =
        op === 'product'
          ? magnitudes.reduce((a, b) => a * b, 1)
          : magnitudes.reduce((a, b) => a + b, 0) / (op === 'mean' ? size : 1)
      const error = size * SUMS[dtype] * scale * 2 + ROUNDING[dtype] * Math.abs(expected)
      const bound = op === 'min' || op === 'max' ? 0 : error
      if (!(Math.abs(result - expected) <= bound)) {
        expect.fail(`${op} of ${dtype} at ${i}: ${result} instead of ${expected} ± ${bound}`)
      }
    }
  }
})

describe('the other collectives', () => {
  const length = 700
  for (const algorithm of ALGORITHMS) {
    for (const dtype of DTYPES) {
      it(`reduceScatter by ${algorithm} of ${dtype} leaves each rank its part and the rest alone`, async () => {
        for (const size of SIZES) {
          const random = randomOf(size)
          const values = Array.from({ length: size }, () => noise(random, dtype, length))
          const scattered = values.map((one) => one.slice())
          const clusters = algorithm === 'hierarchical' ? clustersOf(size) : []
          const shared = { algorithm, dtype, clusters, segmentLength: 64, op: 'max' } as const
          const digests = await reduceTogether({
            ...shared,
            values: scattered,
            collective: 'reduceScatter'
          })
          expect(new Set(digests).size).toBe(1)
          const whole = values.map((one) => one.slice())
          await reduceTogether({ ...shared, values: whole })
          for (const [rank, one] of scattered.entries()) {
            const [start, end] = partOf(rank, size)
            const expected = values[rank]?.slice()
            expected?.set(whole[0]?.subarray(start, end) ?? [], start)
            expect(one).toEqual(expected)
          }
        }
      })

      it(`allGather by ${algorithm} of ${dtype} brings everybody's part to everybody`, async () => {
        for (const size of SIZES) {
          const random = randomOf(size)
          const values = Array.from({ length: size }, () => noise(random, dtype, length))
          const expected = values[0]?.slice()
          for (const [rank, one] of values.entries()) {
            const [start, end] = partOf(rank, size)
            expected?.set(one.subarray(start, end), start)
          }
          // a weight and a mean are nothing to values that are only moved
          const weights = values.map((_, rank) => rank)
          const init = { values, weights, collective: 'allGather', algorithm, dtype } as const
          const digests = await reduceTogether({ ...init, segmentLength: 64 })
          expect(new Set(digests).size).toBe(1)
          for (const one of values) expect(one).toEqual(expected)
        }
      })

      it(`broadcast by ${algorithm} of ${dtype} brings the root's values to everybody`, async () => {
        for (const size of SIZES) {
          const random = randomOf(size)
          const values = Array.from({ length: size }, () => noise(random, dtype, length))
          const root = size - 1
          const expected = values[root]?.slice()
          const init = { values, collective: 'broadcast', root, algorithm, dtype } as const
          const digests = await reduceTogether({ ...init, segmentLength: 64 })
          expect(new Set(digests).size).toBe(1)
          for (const one of values) expect(one).toEqual(expected)
        }
      })
    }

    it(`nobody passes a barrier by ${algorithm} before everybody has come`, async () => {
      const values = Array.from({ length: 5 }, () => new Float32Array(1))
      const peers = reducing({ values, collective: 'barrier', op: 'sum', algorithm })
      const passed: number[] = []
      const run = async (rank: number): Promise<void> => {
        await peers[rank]?.reduction.run()
        passed.push(rank)
      }
      const early = [0, 1, 2, 4].map(run)
      // nothing is in flight any more: only microtasks move these peers
      for (let turn = 0; turn < 1000; turn++) await Promise.resolve()
      expect(passed).toEqual([])
      await Promise.all([...early, run(3)])
      expect(passed.length).toBe(5)
    })
  }

  function partOf(rank: number, size: number): [number, number] {
    const [base, longer] = [Math.floor(length / size), length % size]
    const start = rank * base + Math.min(rank, longer)
    return [start, start + base + (rank < longer ? 1 : 0)]
  }
})

describe('a failure in any dtype', () => {
  for (const dtype of DTYPES) {
    it(`gives ${dtype} back byte for byte, wherever it strikes`, async () => {
      const random = randomOf(3)
      const before = Array.from({ length: 4 }, () => noise(random, dtype, 1100))
      const total = 40
      for (let strike = 0; strike < total; strike += 3) {
        const values = before.map((one) => one.slice())
        let done = 0
        const peers = reducing({
          values,
          dtype,
          weights: [1, 2, 0, 1],
          segmentLength: 64,
          onProgress() {
            done++
            if (done > strike) for (const peer of peers) peer.reduction.fail(new Error('struck'))
          }
        })
        const outcomes = await Promise.allSettled(peers.map(({ reduction }) => reduction.run()))
        expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'))
        for (const { undo } of peers) undo.restore()
        expect(values).toEqual(before)
      }
    })
  }

  it('refuses a result beyond the range of its half type', async () => {
    const values = [1, 2].map(() => fromNumbers('float16', [1, 60_000]))
    const peers = reducing({ values, dtype: 'float16', op: 'sum' })
    const runs = peers.map(({ reduction }) => reduction.run())
    await expect(runs[0]).rejects.toThrow('the result at index 1 is beyond the range of float16')
    peers[1]?.reduction.fail(new Error('over'))
    await Promise.allSettled(runs)
    for (const { undo } of peers) undo.restore()
    // a mean may be within it where the sum is not
    await reduceTogether({ values, dtype: 'float16' })
    expect(toNumbers('float16', values[1] ?? new Uint16Array())).toEqual([1, 60_000])
  })

  it('refuses a codec for anything but float32', () => {
    const values = [new Float64Array(4)]
    expect(() => reducing({ values, dtype: 'float64', codec: coarseCodec })).toThrow(
      'is for float32, not float64'
    )
  })
})
