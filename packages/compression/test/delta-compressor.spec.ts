import type { Codec, CollectiveCompressor, CollectiveRound } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createCodec, createDelta } from '../src/index.ts'

const LENGTH = 600
const int8 = await createDelta('delta:int8')
const alone = await createCodec('int8')

/** Values that drift: large, and changing little; other ones at each rank. */
function drifting(rank: number, step: number): Float32Array {
  return Float32Array.from(
    { length: LENGTH },
    (_, i) => 100 * Math.sin(i) + 0.02 * Math.sin(i * 3 + rank) + 0.01 * Math.sin(i + step)
  )
}

/** What crosses the network for an array, at a rank's sending of it. */
function through(codec: Codec | undefined, values: Float32Array): [Float32Array, number] {
  if (codec === undefined) return [values.slice(), values.byteLength]
  const bytes = codec.encode(values)
  const decoded = new Float32Array(values.length)
  codec.decode(bytes, decoded)
  return [decoded, bytes.length]
}

/** What the ranks' exchanges come to: each contribution is encoded once, and so is the result. */
function exchange(rounds: readonly CollectiveRound[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let bytes = 0
  for (;;) {
    const next = rounds.map((round) => round.next())
    const [first] = next
    expect(next.every((other) => (other === undefined) === (first === undefined))).toBe(true)
    if (first === undefined) return bytes
    const sent = next.map((other) => through(other!.codec, other!.values))
    const sums = first.values.map((_, i) => {
      if (first.op === 'max') return Math.max(...sent.map(([values]) => values[i]!))
      return sent.reduce((sum, [values], rank) => sum + values[i]! * weights[rank]!, 0) / total
    })
    const [result] = through(first.codec, sums)
    for (const other of next) other!.values.set(result)
    bytes += sent[0]![1]
  }
}

interface Outcome {
  readonly results: readonly Float32Array[]
  /** That rank 0 has sent. */
  readonly bytes: number
}

function reduce(
  peers: readonly CollectiveCompressor[],
  values: readonly Float32Array[],
  { weights = peers.map(() => 1), count = true } = {}
): Outcome {
  const rounds = peers.map((peer, rank) =>
    peer.begin(values[rank]!, { weight: weights[rank]!, seed: 0n })
  )
  const bytes = exchange(rounds, weights)
  const results = rounds.map((round) => {
    const out = new Float32Array(values[0]!.length)
    round.finish(out)
    if (count) round.commit(out)
    else round.rollback()
    return out
  })
  for (const result of results) expect(result).toEqual(results[0])
  return { results, bytes }
}

const make = (count: number, delta = int8): CollectiveCompressor[] =>
  Array.from({ length: count }, () => delta.createCompressor())

const meanOf = (values: readonly Float32Array[]): Float32Array =>
  values[0]!.map((_, i) => values.reduce((sum, own) => sum + own[i]!, 0) / values.length)

const worst = (a: Float32Array, b: Float32Array): number =>
  a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0)

/** The largest error of a round of drifting values. */
function errorOf(peers: readonly CollectiveCompressor[], step: number): number {
  const values = peers.map((_, rank) => drifting(rank, step))
  return worst(reduce(peers, values).results[0]!, meanOf(values))
}

/** Without differences, values of 100 have errors of this size. */
const COARSE = 0.2
const FINE = 1e-3

describe('the compressor of a delta', () => {
  it('comes much closer than its codec from the second round on, for 32 bytes', () => {
    const peers = make(3)
    expect(errorOf(peers, 0)).toBeGreaterThan(COARSE)
    errorOf(peers, 1)
    for (let step = 2; step < 6; step++) expect(errorOf(peers, step)).toBeLessThan(FINE)
    const { bytes } = reduce(
      peers,
      peers.map((_, rank) => drifting(rank, 6))
    )
    expect(bytes).toBe(32 + alone.encode(drifting(0, 6)).length)
  })

  it('counts with the round or not at all', () => {
    const peers = make(2)
    errorOf(peers, 0)
    errorOf(peers, 1)
    const wild = [new Float32Array(LENGTH).fill(1e6), new Float32Array(LENGTH).fill(-1e5)]
    reduce(peers, wild, { count: false })
    expect(errorOf(peers, 2)).toBeLessThan(FINE)
    // given up without a word, and counted by nobody later
    const given = peers.map((peer, rank) => peer.begin(wild[rank]!, { weight: 1, seed: 0n }))
    exchange(given, [1, 1])
    expect(errorOf(peers, 3)).toBeLessThan(FINE)
    for (const round of given) round.commit(wild[0]!)
    expect(errorOf(peers, 4)).toBeLessThan(FINE)
  })

  it('reduces values again where a rank has missed rounds, and differences after that', () => {
    const peers = make(4)
    for (let step = 0; step < 3; step++) errorOf(peers, step)
    for (let step = 3; step < 6; step++) expect(errorOf(peers.slice(1), step)).toBeLessThan(FINE)
    // rank 0 holds what the others have left behind
    expect(errorOf(peers, 6)).toBeGreaterThan(COARSE)
    errorOf(peers, 7)
    expect(errorOf(peers, 8)).toBeLessThan(FINE)
    // somebody new, who brings nothing
    const all = [...peers, ...make(1)]
    const values = all.map((_, rank) => drifting(rank, 9))
    const weights = [1, 1, 1, 1, 0]
    reduce(all, values, { weights })
    for (let step = 10; step < 12; step++) errorOf(all, step)
    expect(errorOf(all, 12)).toBeLessThan(FINE)
  })

  it('goes on from a result that came from another rank', () => {
    const peers = make(3)
    const values = peers.map((_, rank) => drifting(rank, 0))
    const rounds = peers.map((peer, rank) => peer.begin(values[rank]!, { weight: 1, seed: 0n }))
    exchange(rounds.slice(0, 2), [1, 1])
    const result = new Float32Array(LENGTH)
    rounds[0]!.finish(result)
    for (const round of rounds) round.commit(result)
    errorOf(peers, 1)
    expect(errorOf(peers, 2)).toBeLessThan(FINE)
  })

  it('forgets, and then does as in the first round', () => {
    const peers = make(2)
    for (let step = 0; step < 3; step++) errorOf(peers, step)
    peers[0]!.forget()
    expect(errorOf(peers, 3)).toBeGreaterThan(COARSE)
  })

  it('is right through random losses of rounds and of ranks', () => {
    let state = 12_345
    const chance = (of: number): boolean => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32 < of
    }
    const peers = make(5)
    let differences = 0
    for (let step = 0; step < 300; step++) {
      const here = peers.filter(() => !chance(0.05))
      if (here.length === 0) continue
      if (chance(0.02)) here[0]!.forget()
      const values = here.map((_, rank) => drifting(rank, step))
      // ranks agree bit for bit in every one of them: reduce() sees to that
      const { results } = reduce(here, values, { count: !chance(0.2) })
      const error = worst(results[0]!, meanOf(values))
      expect(error).toBeLessThan(1)
      if (error < FINE) differences++
    }
    expect(differences).toBeGreaterThan(60)
  })

  it('leaves values alone whose differences might overflow', () => {
    const peers = make(2)
    const sizes = [3e38, -3e38, 1e30, 1e-40, 0]
    for (const size of [...sizes, ...sizes]) {
      const values = peers.map(() => new Float32Array(8).fill(size))
      const [result] = reduce(peers, values).results
      expect(Math.abs(result![0]! - Math.fround(size))).toBeLessThanOrEqual(Math.abs(size) / 100)
    }
  })

  it('starts anew with values of another length, and has nothing to exchange for none', () => {
    const peers = make(2)
    for (const length of [3, 5, 0, 1]) {
      const values = peers.map((_, rank) => new Float32Array(length).fill(rank))
      const { results } = reduce(peers, values)
      expect(worst(results[0]!, new Float32Array(length).fill(0.5))).toBeLessThan(0.01)
    }
  })

  it('fails where somebody says that all hold a base that it does not', () => {
    for (const rounds of [0, 1]) {
      const [compressor] = make(1)
      for (let step = 0; step < rounds; step++) errorOf([compressor!], step)
      const round = compressor!.begin(drifting(0, 5), { weight: 1, seed: 0n })
      round.next()!.values.set([1, 2, 3, 4, -1, -2, -3, -4])
      expect(() => round.next()).toThrow(expect.objectContaining({ code: 'MALFORMED' }))
    }
  })

  it('says which rounds it is not for', () => {
    const [compressor] = make(1)
    const fits = { op: 'mean', dtype: 'float32', length: 16 } as const
    compressor!.assertFits(fits)
    expect(() => compressor!.assertFits({ ...fits, op: 'sum' })).toThrow(/makes means/)
    expect(() => compressor!.assertFits({ ...fits, dtype: 'float64' })).toThrow(/for float32/)
    expect(compressor!.name).toBe('delta:int8')
  })
})
