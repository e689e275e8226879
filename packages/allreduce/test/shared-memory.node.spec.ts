import { expect, it } from 'vitest'
import { reduceTogether } from './reduce-together.ts'
import { meanOf, valuesOf } from './values.ts'

it('values in shared memory are reduced where they are', async () => {
  const values = [0, 1, 2].map((rank) => {
    const shared = new Float32Array(new SharedArrayBuffer(4 * 1000))
    shared.set(valuesOf(rank, 1000))
    return shared
  })
  await reduceTogether({ values, segmentLength: 100 })
  for (const one of values) expect(Float32Array.from(one)).toEqual(meanOf(3, 1000))
})
