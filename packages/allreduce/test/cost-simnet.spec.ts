import type { Algorithm } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createNetwork } from '../src/cost/network.ts'
import { simulate } from '../src/cost/simulate.ts'
import type { TransportCost } from '../src/cost/transport-cost.ts'
import { chooseSegmentLength } from '../src/executor/layout.ts'
import { countedTensor } from '../src/executor/tensor.ts'
import { ALGORITHMS, chunkRanges, scheduleOf, shapeOf } from '../src/schedule/algorithms.ts'
import { peersOf } from './group-of.ts'

const latencyMs = 5
const bandwidth = 100e6

/** A simulated peer computes in no time; its frames have headers. */
const transport: TransportCost = {
  frameMs: 0,
  frameOverhead: 32 + 34,
  sendMsPerByte: 0,
  receiveMsPerByte: 0,
  windowBytes: 2 ** 20,
  flowPenalty: 0
}

/** ms of an all-reduce that the executor carries out in the simulated network. */
async function executedMs(algorithm: Algorithm, size: number, length: number): Promise<number> {
  const half = Math.ceil(size / 2)
  const { net, joinAll, members } = peersOf(size, { latencyMs, bandwidth })
  const clusters = [members.slice(0, half), members.slice(half)]
  return await net.run(async () => {
    const groups = await joinAll({ clusters })
    // the first operation also opens channels to those that it needs
    await Promise.all(groups.map((group) => group.allReduce(countedTensor(length), { algorithm })))
    const beganMs = net.clock.now()
    await Promise.all(groups.map((group) => group.allReduce(countedTensor(length), { algorithm })))
    return net.clock.now() - beganMs
  })
}

function predictedMs(algorithm: Algorithm, size: number, length: number): number {
  const half = Math.ceil(size / 2)
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  const clusters = algorithm === 'hierarchical' ? [ranks.slice(0, half), ranks.slice(half)] : []
  const members = { length: size }
  const arranged = { algorithm, collective: 'allReduce', clusters, shards: [], root: 0 } as const
  const plan = { ...arranged, members, length }
  const shape = shapeOf(plan)
  // there, no link shares anything with another
  const wide = (): number => 1e18
  const network = createNetwork({
    size,
    delayMs: () => latencyMs,
    bandwidth: () => bandwidth,
    uplink: wide,
    downlink: wide
  })
  return simulate(
    network,
    {
      steps: (rank) => scheduleOf(plan)(rank, shape),
      chunks: chunkRanges(plan, shape),
      segmentLength: chooseSegmentLength(length, shape.chunks),
      value: { bytes: 4, encodeMs: 0, decodeMs: 0, reduceMs: 0 }
    },
    transport
  )
}

describe('the cost model predicts what the executor takes', () => {
  for (const algorithm of Object.keys(ALGORITHMS) as Algorithm[]) {
    it(`by ${algorithm}`, async () => {
      for (const size of [2, 5, 8]) {
        for (const length of [200, 50_000, 3_000_000]) {
          const executed = await executedMs(algorithm, size, length)
          const ratio = predictedMs(algorithm, size, length) / executed
          expect(ratio, `${size} ranks, ${length} elements`).toBeGreaterThan(0.9)
          expect(ratio, `${size} ranks, ${length} elements`).toBeLessThan(1.3)
        }
      }
    })
  }
})
