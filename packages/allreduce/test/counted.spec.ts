import type { Algorithm, DType } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { countedTensor, type Tensor } from '../src/executor/tensor.ts'
import type { GroupResult } from '../src/group/group.ts'
import { peersOf } from './group-of.ts'

const ALGORITHMS: readonly Algorithm[] = ['ring', 'tree', 'butterfly', 'hierarchical', 'direct']

interface Account {
  readonly results: readonly GroupResult[]
  readonly tookMs: number
}

async function reduce(
  size: number,
  algorithm: Algorithm,
  tensor: () => Tensor,
  half?: DType
): Promise<Account> {
  const { net, joinAll } = peersOf(size, { latencyMs: 5, bandwidth: 100e6 })
  return await net.run(async () => {
    const groups = await joinAll()
    const startMs = net.clock.now()
    const options = { algorithm, dtype: half }
    const results = await Promise.all(groups.map((group) => group.allReduce(tensor(), options)))
    const tookMs = net.clock.now() - startMs
    return { results: results.map((result) => ({ ...result, durationMs: 0 })), tookMs }
  })
}

describe('a counted tensor', () => {
  for (const algorithm of ALGORITHMS) {
    it(`takes the bytes and the time of a real one by ${algorithm}`, async () => {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const array = dtype === 'float32' ? Float32Array : Uint16Array
        const real = await reduce(5, algorithm, () => new array(200_000), dtype)
        const counted = await reduce(5, algorithm, () => countedTensor(200_000, dtype), dtype)
        expect(counted).toEqual(real)
        expect(counted.results[0]?.bytesSent).toBeGreaterThan(200_000)
      }
    })
  }

  it('needs no memory: forty peers and a gigabyte each', async () => {
    const { results, tookMs } = await reduce(40, 'ring', () => countedTensor(2 ** 28))
    // 2 · 39/40 of 1 GiB at 100 Mbit/s, and the headers
    const idealMs = (2 * 0.975 * 2 ** 30 * 8) / 100e3
    expect(tookMs).toBeGreaterThan(idealMs)
    expect(tookMs).toBeLessThan(1.1 * idealMs)
    expect(results[7]?.bytesSent).toBeGreaterThan(2 * 0.975 * 2 ** 30)
  })
})
