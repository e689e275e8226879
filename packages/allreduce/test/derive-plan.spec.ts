import { describe, expect, it } from 'vitest'
import { createArranger } from '../src/arranger.ts'
import { sha256Hasher } from '@daa-compute/crypto/sha-256'
import { derivePlan, lengthOf, pairsOf } from '../src/round/attempt/derive-plan.ts'
import { toHex } from '../src/round/wire/digest.ts'
import { stepsOf } from '../src/schedule/algorithms.ts'
import { configOf, membersOf, REQUEST } from './round-fixtures.ts'

const arrange = createArranger(undefined)

describe('the plan of an attempt', () => {
  it('is what the configuration has agreed and what this peer brings', () => {
    const config = configOf(4)
    const plan = derivePlan(config, REQUEST, arrange, sha256Hasher)
    expect(plan).toMatchObject({
      id: { run: 'test', lineage: 'f00d', sequence: 7, attempt: 1 },
      members: membersOf(4),
      ...{ collective: 'allReduce', op: 'mean', dtype: 'float32', length: 1000 },
      ...{ codec: 'float32', algorithm: 'ring', root: 0 }
    })
  })

  it('is the same for who brings the same, and for nobody else', () => {
    const config = configOf(4)
    const digest = (change: Partial<typeof REQUEST>): string =>
      toHex(derivePlan(config, { ...REQUEST, ...change }, arrange, sha256Hasher).digest)
    expect(digest({})).toBe(digest({}))
    const digests = [
      digest({}),
      digest({ op: 'max' }),
      digest({ dtype: 'float64' }),
      digest({ length: 1001 }),
      digest({ codec: 'int8' }),
      digest({ algorithm: 'tree' })
    ]
    expect(new Set(digests).size).toBe(digests.length)
  })

  it('reduces one element where there are none: nobody may be missing', () => {
    expect(lengthOf({ ...REQUEST, length: 0 })).toBe(1)
    expect(derivePlan(configOf(2), { ...REQUEST, length: 0 }, arrange, sha256Hasher).length).toBe(1)
  })
})

describe('the pairs that a request uses', () => {
  it.each(['ring', 'tree', 'butterfly', 'direct', 'auto'] as const)(
    'are those that its steps send between (%s)',
    (algorithm) => {
      for (let size = 1; size <= 9; size++) {
        const request = { ...REQUEST, algorithm }
        const pairs = pairsOf(membersOf(size), request, arrange)
        const plan = derivePlan(configOf(size), request, arrange, sha256Hasher)
        const used = new Set<string>()
        for (let rank = 0; rank < size; rank++) {
          for (const step of stepsOf(plan, rank)) {
            if (step.op === 'finish') continue
            used.add([Math.min(rank, step.peer), Math.max(rank, step.peer)].join())
          }
        }
        const found = pairs.map((pair) => pair.join())
        expect(found.toSorted()).toEqual([...used].toSorted())
        for (const [a, b] of pairs) expect(a).toBeLessThan(b)
      }
    }
  )

  it('of a ring are its neighbours', () => {
    const pairs = pairsOf(membersOf(5), REQUEST, arrange).map((pair) => pair.join())
    expect(pairs.toSorted()).toEqual(['0,1', '0,4', '1,2', '2,3', '3,4'])
    expect(pairsOf(membersOf(1), REQUEST, arrange)).toEqual([])
  })

  it('are found anew for another algorithm, size or length', () => {
    const count = (size: number, change: Partial<typeof REQUEST>): number =>
      pairsOf(membersOf(size), { ...REQUEST, ...change }, arrange).length
    expect(count(6, {})).toBe(6)
    const direct = count(6, { algorithm: 'direct' })
    expect(direct).toBeGreaterThan(6)
    expect(count(7, {})).toBe(7)
    expect(count(6, {})).toBe(6)
    // what is too short for everybody to own a part
    expect(count(6, { algorithm: 'direct', length: 1 })).toBeLessThan(direct)
  })
})
