import type { CollectiveCompressor, CollectiveRound } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { orthonormalize } from '../src/powersgd/matrix.ts'
import { createPowerSgd } from '../src/powersgd/powersgd.ts'
import { beginRound, type Memory } from '../src/powersgd/round.ts'
import { layOutTensors } from '../src/powersgd/tensors.ts'

const SHAPES = [[40, 30], [30], [30, 10], [10], [3, 5, 50], []] as const
const LENGTH = 40 * 30 + 30 + 300 + 10 + 750 + 1

/** Some numbers that look random. */
function noise(seed: number, length = LENGTH): Float32Array {
  let state = seed * 2_654_435_761
  return Float32Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9
    return ((state >>> 0) / 2 ** 32 - 0.5) * 2
  })
}

/** What the ranks' exchanges come to, as an all-reduce does it. */
function exchange(rounds: readonly CollectiveRound[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let bytes = 0
  for (;;) {
    const next = rounds.map((round) => round.next())
    const [first] = next
    if (first === undefined) return bytes
    const result = first.values.map((_, i) => {
      const all = next.map((other) => other?.values[i] ?? Number.NaN)
      if (first.op === 'max') return Math.max(...all)
      return all.reduce((sum, value, rank) => sum + value * (weights[rank] ?? 0), 0) / total
    })
    for (const other of next) other?.values.set(result)
    bytes += first.values.byteLength
  }
}

interface Outcome {
  readonly results: readonly Float32Array[]
  readonly bytes: number
}

function reduce(
  peers: readonly CollectiveCompressor[],
  values: readonly Float32Array[],
  { weights = peers.map(() => 1), seed = 7n, count = true } = {}
): Outcome {
  const rounds = peers.map((peer, rank) =>
    peer.begin(values[rank]!, { weight: weights[rank]!, seed })
  )
  const bytes = exchange(rounds, weights)
  const results = rounds.map((round) => {
    const out = new Float32Array(LENGTH)
    round.finish(out)
    if (count) round.commit(out)
    else round.rollback()
    return out
  })
  return { results, bytes }
}

const make = (count: number, rank = 2): CollectiveCompressor[] =>
  Array.from({ length: count }, () => createPowerSgd({ rank, shapes: SHAPES }))

function meanOf(values: readonly Float32Array[]): Float32Array {
  return values[0]!.map((_, i) => values.reduce((sum, own) => sum + own[i]!, 0) / values.length)
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0))
}

describe('createPowerSgd', () => {
  it('gives all ranks the same bits, of a fraction of the bytes', () => {
    const { results, bytes } = reduce(make(3), [noise(1), noise(2), noise(3)])
    for (const result of results) expect(result).toEqual(results[0])
    expect(bytes).toBe(16 + 4 * (2 * (70 + 40 + 253) + 30 + 10 + 1))
    expect(bytes).toBeLessThan((4 * LENGTH) / 2.5)
  })

  it('takes vectors and numbers as they are', () => {
    const values = [noise(1), noise(2)]
    const mean = meanOf(values)
    const [result] = reduce(make(2), values).results
    for (const [start, end] of [
      [1200, 1230],
      [1530, 1540],
      [2290, 2291]
    ] as const) {
      expect(result!.subarray(start, end)).toEqual(mean.subarray(start, end))
    }
  })

  it('finds a matrix of its rank in one step', () => {
    const left = noise(5, 40)
    const right = noise(6, 30)
    const values = new Float32Array(LENGTH)
    for (let i = 0; i < 1200; i++) values[i] = left[Math.floor(i / 30)]! * right[i % 30]!
    const { results } = reduce(make(2), [values, values])
    expect(distance(results[0]!, values)).toBeLessThan(1e-5)
  })

  it('comes closer each time to a gradient that stays (warm start)', () => {
    const gradient = noise(1)
    const memory: Memory = {
      error: new Float32Array(LENGTH),
      input: new Float32Array(LENGTH),
      columns: undefined,
      round: 0
    }
    const errors: number[] = []
    for (let step = 0; step < 6; step++) {
      // without error feedback, which changes what is looked for
      memory.error.fill(0)
      const round = beginRound(layOutTensors(SHAPES, 2), memory, gradient, { weight: 1, seed: 1n })
      exchange([round], [1])
      const result = new Float32Array(LENGTH)
      round.finish(result)
      round.commit(result)
      errors.push(distance(result, gradient))
    }
    for (const [step, error] of errors.slice(1).entries()) expect(error).toBeLessThan(errors[step]!)
  })

  it('sends everything in the end (error feedback)', () => {
    const peers = make(3)
    const arrived = new Float64Array(LENGTH)
    const gradients = [noise(1), noise(2), noise(3)]
    const mean = meanOf(gradients)
    const rounds = 60
    for (let round = 0; round < rounds; round++) {
      const { results } = reduce(peers, gradients, { seed: BigInt(round) })
      for (const [i, value] of results[0]!.entries()) arrived[i]! += value
    }
    const average = Float32Array.from(arrived, (sum) => sum / rounds)
    const once = distance(reduce(make(3), gradients).results[0]!, mean)
    expect(distance(average, mean)).toBeLessThan(once / 4)
  })

  it('owes no more for ranks whose data differ, so that one may leave', () => {
    const peers = make(2)
    const gradient = (rank: number, round: number): Float32Array => {
      const fresh = noise(100 + 2 * round + rank)
      return noise(rank).map((value, i) => value + fresh[i]!)
    }
    for (let round = 0; round < 200; round++)
      reduce(peers, [gradient(0, round), gradient(1, round)])
    // two columns at a time of matrices of thirty and more: some ten rounds are owed, not 200
    const once = distance(gradient(0, 0), new Float32Array(LENGTH))
    for (let round = 200; round < 205; round++) {
      const [result] = reduce(peers.slice(0, 1), [gradient(0, round)]).results
      expect(distance(result!, new Float32Array(LENGTH))).toBeLessThan(15 * once)
    }
  })

  it('remembers nothing of what did not count', () => {
    const steady = make(2)
    const disturbed = make(2)
    for (let round = 0; round < 4; round++) {
      const values = [noise(round), noise(round + 50)]
      reduce(disturbed, [noise(90), noise(91)], { count: false })
      const { results } = reduce(disturbed, values)
      expect(results).toEqual(reduce(steady, values).results)
    }
  })

  it('begins anew where one has missed a round, and goes on from there', () => {
    const peers = make(3)
    const values = [noise(1), noise(2), noise(3)]
    reduce(peers.slice(0, 2), values)
    for (let round = 0; round < 3; round++) {
      const { results } = reduce(peers, values)
      for (const result of results) expect(result).toEqual(results[0])
      expect(distance(results[0]!, new Float32Array(LENGTH))).toBeGreaterThan(1)
    }
  })

  it('counts a result that came from another rank', () => {
    const peers = make(2)
    const values = [noise(1), noise(2)]
    const rounds = peers.map((peer, rank) => peer.begin(values[rank]!, { weight: 1, seed: 1n }))
    exchange(rounds, [1, 1])
    const result = new Float32Array(LENGTH)
    rounds[0]!.finish(result)
    rounds[0]!.commit(result)
    // it has not come to the end, but the round counts
    const late = createPowerSgd({ rank: 2, shapes: SHAPES })
    late.begin(values[1]!, { weight: 1, seed: 1n }).commit(result)
    rounds[1]!.commit(result)
    const next = [noise(3), noise(4)]
    const whole = reduce(peers, next, { seed: 2n }).results
    expect(whole[0]).toEqual(whole[1])
    const mixed = reduce([peers[0]!, late], next, { seed: 3n }).results
    expect(mixed[0]).toEqual(mixed[1])
  })

  it('owes nothing for a rank of weight 0', () => {
    const peers = make(2)
    reduce(peers, [noise(1), noise(2)], { weights: [1, 0] })
    const fresh = make(2)
    const round = peers[1]!.begin(new Float32Array(LENGTH), { weight: 1, seed: 1n })
    round.next()
    expect(round.next()?.values.every((value) => value === 0)).toBe(true)
    fresh[0]!.begin(noise(1), { weight: 1, seed: 1n }).rollback()
  })

  it('survives gradients of zeros, and tiny and huge ones', () => {
    const peers = make(2)
    for (const size of [0, 1e-30, 1, 1e15, 0, 1]) {
      const values = [noise(1), noise(2)].map((own) => own.map((value) => value * size))
      const { results } = reduce(peers, values)
      expect(results[0]!.every((value) => Number.isFinite(value))).toBe(true)
      expect(results[0]).toEqual(results[1])
    }
    const { results } = reduce(peers, [noise(1), noise(1)])
    expect(distance(results[0]!, new Float32Array(LENGTH))).toBeGreaterThan(1)
  })

  it.each([0, 65, 1.5, Number.NaN])('refuses the rank %s', (rank) => {
    expect(() => createPowerSgd({ rank, shapes: SHAPES })).toThrow(/1 to 64/)
  })

  it.each([[[[-1]]], [[[1.5, 2]]], [[[Number.NaN]]], [[[2 ** 17, 2 ** 17]]]])(
    'refuses the shapes %j',
    (shapes) => {
      expect(() => createPowerSgd({ rank: 1, shapes })).toThrow(/shapes of tensors/)
    }
  )

  it('says which rounds it is not for', () => {
    const compressor = createPowerSgd({ rank: 1, shapes: [[4, 4]] })
    const fits = { op: 'mean', dtype: 'float32', length: 16 } as const
    compressor.assertFits(fits)
    expect(() => compressor.assertFits({ ...fits, op: 'sum' })).toThrow(/makes means/)
    expect(() => compressor.assertFits({ ...fits, dtype: 'float64' })).toThrow(/for float32/)
    expect(() => compressor.assertFits({ ...fits, length: 17 })).toThrow(/16 values, not 17/)
  })
})

describe('orthonormalize', () => {
  it('leaves a projection, and nothing of columns that depend on others', () => {
    const rows = 50
    const [a, b] = [noise(1, rows), noise(2, rows)]
    const p = new Float32Array(4 * rows)
    p.set(a)
    p.set(
      a.map((value) => value * 3),
      rows
    )
    p.set(b, 2 * rows)
    p.set(
      a.map((value, i) => value + b[i]! * 1e-3),
      3 * rows
    )
    orthonormalize(p, rows)
    const column = (k: number): Float32Array => p.subarray(k * rows, (k + 1) * rows)
    const dot = (j: number, k: number): number =>
      column(j).reduce((sum, value, i) => sum + value * column(k)[i]!, 0)
    expect(dot(0, 0)).toBeCloseTo(1, 5)
    expect(dot(1, 1)).toBe(0)
    expect(dot(2, 2)).toBeCloseTo(1, 5)
    expect(dot(3, 3)).toBe(0)
    expect(Math.abs(dot(0, 2))).toBeLessThan(1e-6)
  })
})
