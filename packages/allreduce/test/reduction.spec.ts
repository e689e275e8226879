import { describe, expect, it } from 'vitest'
import { AttemptFailure } from '../src/executor/attempt-failure.ts'
import { planOf, reduceTogether, reducing } from './reduce-together.ts'
import { meanOf, sameBits, valuesOf } from './values.ts'

function group(size: number, length: number): Float32Array[] {
  return Array.from({ length: size }, (_, rank) => valuesOf(rank, length))
}

describe('a reduction by ring', () => {
  for (const size of [1, 2, 3, 5, 8]) {
    for (const length of [0, 1, 7, 100, 1000]) {
      it(`means ${length} values of ${size}`, async () => {
        const values = group(size, length)
        const digests = await reduceTogether({ values })
        expect(new Set(digests).size).toBe(1)
        for (const result of values) expect(result).toEqual(meanOf(size, length))
      })
    }
  }

  it('weighs a mean, whoever finishes', async () => {
    const weights = [3, 0, 0.5, 1]
    const values = group(4, 50)
    const expected = Float32Array.from({ length: 50 }, (_, i) => {
      const sum = weights.reduce((all, weight, rank) => all + weight * (values[rank]?.[i] ?? 0), 0)
      return sum / 4.5
    })
    await reduceTogether({ values, weights })
    for (const result of values) {
      expect(sameBits(result, values[0] ?? result)).toBe(true)
      for (const [i, value] of result.entries()) expect(value).toBeCloseTo(expected[i] ?? NaN, 4)
    }
  })

  it('takes nothing from a rank that weighs 0, not even the sign of a zero', async () => {
    for (const algorithm of ['ring'] as const) {
      const others = [new Float32Array(20).fill(-0), new Float32Array(20).fill(-0)]
      const values = [...others, new Float32Array(20).fill(3e38)]
      await reduceTogether({ values, weights: [2, 1, 0], algorithm })
      for (const result of values) expect(Object.is(result[0], -0)).toBe(true)
    }
  })

  it('has no mean where all weights are 0, and gives the values back', async () => {
    const values = group(3, 40)
    const peers = reducing({ values, weights: [0, 0, 0] })
    const runs = peers.map(async ({ reduction, undo }) => {
      await expect(reduction.run()).rejects.toThrow('all weights are 0')
      for (const peer of peers) peer.reduction.fail(new Error('all weights are 0, it says'))
      undo.restore()
    })
    await Promise.all(runs)
    for (const [rank, value] of values.entries()) expect(value).toEqual(valuesOf(rank, 40))
  })

  it('says how far it has come and whom it waits for', async () => {
    const values = group(3, 768)
    const told: number[] = []
    const peers = reducing({
      values,
      segmentLength: 128,
      onProgress: (rank, done) => {
        if (rank === 0) told.push(done)
      }
    })
    const [first] = peers
    expect(first?.reduction.segmentsDone).toBe(0)
    expect(first?.reduction.awaited()).toEqual([2])
    await Promise.all(peers.map(({ reduction }) => reduction.run()))
    const total = first?.reduction.segmentsTotal ?? 0
    // of 6 segments 4 are sent twice each and received, 2 are finished
    expect(total).toBe(4 * 2 * 2 + 2)
    expect(told).toEqual(Array.from({ length: total }, (_, i) => i + 1))
    expect(first?.reduction.awaited()).toEqual([])
    expect(first?.reduction.blocked()).toEqual([])
    expect(first?.reduction.bytesSent).toBe(first?.reduction.bytesReceived)
    expect(first?.reduction.bytesSent).toBe(8 * (32 + 128 * 4))
  })

  it('fails with what a progress callback throws, and accuses nobody', async () => {
    const mine = new Error('mine')
    const peers = reducing({
      values: group(2, 40),
      onProgress(rank) {
        if (rank === 1) throw mine
      }
    })
    const runs = peers.map(({ reduction }) => reduction.run())
    await expect(runs[1]).rejects.toBe(mine)
    peers[0]?.reduction.fail(new Error('over'))
    await expect(runs[0]).rejects.toThrow('over')
  })

  it('ends with the first error it is failed with, before or during the run', async () => {
    const values = group(2, 40)
    const [early, late] = reducing({ values })
    early?.reduction.fail(new Error('first'))
    early?.reduction.fail(new Error('second'))
    await expect(early?.reduction.run()).rejects.toThrow('first')
    const run = late?.reduction.run()
    late?.reduction.fail(new Error('third'))
    await expect(run).rejects.toThrow('third')
  })
})

describe('bad input to a reduction', () => {
  const hostile: Record<string, [(frame: Uint8Array) => Uint8Array, RegExp]> = {
    'a short segment': [(frame) => frame.slice(0, -4), /came as 60 bytes/],
    'an empty one': [(frame) => frame.slice(0, 32), /came as 0 bytes/],
    'another chunk': [(frame) => with32(frame, 16, 9), /chunk 9 segment 0 instead/],
    'a segment out of order': [(frame) => with32(frame, 20, 1), /segment 1 instead/],
    'a weight that is negative': [(frame) => withWeight(frame, -1), /weighs -1/],
    'a weight that is no number': [(frame) => withWeight(frame, NaN), /weighs NaN/],
    'a weight beyond all bounds': [(frame) => withWeight(frame, 2 ** 60), /weighs/],
    'no header': [(frame) => frame.slice(0, 31), /a data frame of 31 bytes/]
  }
  for (const [name, [change, message]] of Object.entries(hostile)) {
    it(`names who sent ${name}, values unchanged`, async () => {
      const values = group(3, 48)
      const peers = reducing({
        values,
        tamper: (from, _to, frame) => (from === 1 ? change(frame) : frame)
      })
      const runs = peers.map(({ reduction }) => reduction.run())
      const failure = await runs[2]?.catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(AttemptFailure)
      expect((failure as AttemptFailure).message).toMatch(message)
      expect((failure as AttemptFailure).culprit).toBe('peer-1')
      for (const { reduction } of peers) reduction.fail(new Error('over'))
      await Promise.allSettled(runs)
      for (const { undo } of peers) undo.restore()
      for (const [rank, value] of values.entries()) expect(value).toEqual(valuesOf(rank, 48))
    })
  }

  it('drops frames of other attempts and plans', async () => {
    const values = group(2, 32)
    const peers = reducing({ values })
    const stale = new Uint8Array(32)
    new DataView(stale.buffer).setUint32(8, 3, true)
    stale.fill(99, 0, 8)
    const runs = peers.map(({ reduction }) => reduction.run())
    const sender = planOf({ values }).members[1]?.peer
    if (sender === undefined) throw new Error('there is a second member')
    expect(peers[0]?.router.deliver(sender, stale)).toBeUndefined()
    await Promise.all(runs)
    expect(values[0]).toEqual(meanOf(2, 32))
  })

  it('refuses values that are not what the plan says, before anything is sent', () => {
    const values = group(2, 32)
    const plan = planOf({ values })
    const bad = [valuesOf(0, 31), new Float64Array(32), new Uint16Array(32)]
    for (const one of bad) {
      expect(() => reducing({ values: [one, one] }, plan)).toThrow(AttemptFailure)
    }
    for (const weight of [-1, NaN, Infinity]) {
      expect(() => reducing({ values, weights: [weight, 1] }, plan)).toThrow(AttemptFailure)
    }
  })

  it('refuses a mean that overflows, and an infinity that arrives', async () => {
    const values = [new Float32Array(4).fill(3e38), new Float32Array(4).fill(3e38)]
    const peers = reducing({ values, op: 'sum' })
    const runs = peers.map(({ reduction }) => reduction.run())
    await expect(Promise.race(runs)).rejects.toThrow('the sum at index 0 is not finite')
    for (const { reduction } of peers) reduction.fail(new Error('over'))
    await Promise.allSettled(runs)
    for (const { undo } of peers) undo.restore()
    expect(values[0]).toEqual(new Float32Array(4).fill(3e38))
  })

  it('refuses an infinity that arrives as a result, and names its sender', async () => {
    const values = group(2, 4)
    const peers = reducing({
      values,
      op: 'sum',
      tamper(from, _to, frame) {
        // rank 0 has the only chunk
        if (from === 0) new DataView(frame.buffer).setUint32(32, 0x7f80_0000, true)
        return frame
      }
    })
    const runs = peers.map(({ reduction }) => reduction.run())
    await expect(runs[1]).rejects.toMatchObject({ culprit: 'peer-0' })
    await Promise.allSettled(runs)
  })

  it('lets infinity through where that is the policy', async () => {
    const values = [Float32Array.of(1, Infinity, NaN), Float32Array.of(1, 1, 1)]
    await reduceTogether({ values, allowNonFinite: true })
    for (const result of values) expect(result).toEqual(Float32Array.of(1, Infinity, NaN))
  })
})

function with32(frame: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = frame.slice()
  new DataView(copy.buffer).setUint32(offset, value, true)
  return copy
}

function withWeight(frame: Uint8Array, weight: number): Uint8Array {
  const copy = frame.slice()
  new DataView(copy.buffer).setFloat64(24, weight, true)
  return copy
}
