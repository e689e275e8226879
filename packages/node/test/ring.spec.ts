import { describe, expect, it } from 'vitest'
import { joinAll, startNodes, stopAll } from './local-swarm.ts'

function valuesOf(rank: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7 + rank * 13) % 101) - 50)
}

function meanOf(size: number, length: number): Float32Array {
  const sum = new Float32Array(length)
  for (let rank = 0; rank < size; rank++) {
    for (const [i, value] of valuesOf(rank, length).entries()) sum[i] = (sum[i] ?? 0) + value
  }
  return sum.map((value) => value * (1 / size))
}

describe('all-reduce on real sockets', () => {
  it.each([2, 3, 4, 5, 6, 7, 8])(
    'gives %i nodes over TCP and Noise the exact mean',
    async (size) => {
      const nodes = await startNodes(size)
      try {
        const runs = await joinAll(nodes)
        const lengths = [0, 1, size - 1, size, 1000, 100_003]
        for (const [sequence, length] of lengths.entries()) {
          const results = await Promise.all(
            runs.map((run, rank) => run.allReduce(valuesOf(rank, length)))
          )
          const expected = meanOf(size, length)
          for (const result of results) {
            expect(result.values).toEqual(expected)
            expect(result.sequence).toBe(sequence)
            expect(result.participants.toSorted()).toEqual(nodes.map((n) => n.peerId).toSorted())
          }
        }
      } finally {
        await stopAll(nodes)
      }
    }
  )

  it.each(['int8', 'int8+zstd:1', 'float32+zstd:1'])(
    'gives everybody the same bits through %s',
    async (codec) => {
      const nodes = await startNodes(3)
      try {
        const runs = await joinAll(nodes, { codec })
        const all = runs.map((_, rank) => valuesOf(rank, 200_000).map((v, i) => v / (i + 3)))
        const results = await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
        for (const { values } of results) {
          expect(Buffer.from(values.buffer).equals(Buffer.from(results[0]!.values.buffer))).toBe(
            true
          )
        }
      } finally {
        await stopAll(nodes)
      }
    }
  )

  it('works over WebSocket', async () => {
    const nodes = await startNodes(3, { listenAddresses: ['/ip4/127.0.0.1/tcp/0/ws'] })
    try {
      const runs = await joinAll(nodes)
      const results = await Promise.all(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 1000)))
      )
      for (const { values } of results) expect(values).toEqual(meanOf(3, 1000))
    } finally {
      await stopAll(nodes)
    }
  })
})
