import { describe, expect, it } from 'vitest'
import { createReplica } from '../src/index.ts'
import { ANCESTRY_NAME } from '../src/replica/ancestry.ts'
import { readRecord, recordOf } from '../src/replica/round-record.ts'
import { createCrew, createModel, gradient, type Hand, linked, sameState } from './crew.ts'

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Three peers, of which the last begins with weights from `first` on, the others from 0.5. */
async function withThree(
  first: number,
  onDiverged: 'reject' | 'majority',
  act: (hands: readonly Hand[]) => Promise<void>
): Promise<readonly Hand[]> {
  const crew = createCrew(3)
  return await crew.net.run(async () => {
    const hands = await Promise.all(
      crew.peers.map((peer, i) =>
        crew.join(peer, { minPeers: 3 }, { onDiverged }, createModel(100, i === 2 ? first : 0.5))
      )
    )
    await linked(hands)
    await act(hands)
    return hands
  })
}

describe('replicas that begin together with different states', () => {
  it('are all told so, and keep what they have', async () => {
    await withThree(9, 'reject', async (hands) => {
      const values = hands.map((_, i) => gradient(i, 0))
      const outcomes = await Promise.allSettled(
        hands.map(({ replica }, i) => replica.step(values[i]!))
      )
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { name: 'ReplicaError', code: 'STATE_DIVERGED' }
        })
      }
      expect(values).toEqual(hands.map((_, i) => gradient(i, 0)))
      expect(hands.map(({ model }) => model)).toEqual([
        createModel(),
        createModel(),
        createModel(100, 9)
      ])
    })
  })

  it('go on with that of most, where they are told to', async () => {
    const train = async (hands: readonly Hand[]): Promise<void> => {
      for (let step = 0; step < 3; step++) {
        await Promise.all(hands.map(({ replica }, i) => replica.step(gradient(i, step))))
      }
    }
    const odd = await withThree(9, 'majority', train)
    const even = await withThree(0.5, 'majority', train)
    for (const { model } of odd) expect(sameState(model, even[0]!.model)).toBe(true)
  })
})

describe('a round that was missed', () => {
  it('is read as it was written', () => {
    const record = concatBytes(recordOf('step', Float32Array.of(1, -2)))
    expect(readRecord(record, new Float32Array(2))).toEqual(Float32Array.of(1, -2))
    expect(readRecord(concatBytes(recordOf('meeting')), new Float32Array(2))).toBe(undefined)
  })

  it.each([
    ['of more values', 12, concatBytes(recordOf('step', new Float32Array(3)))],
    ['of fewer', 4, concatBytes(recordOf('step', new Float32Array(1)))],
    ['cut', 7, concatBytes(recordOf('step', new Float32Array(2))).subarray(0, -1)],
    ['of a kind that there is not', 8, Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0, 0)]
  ])('is not replayed when it is %s', (_, actual, record) => {
    expect(() => readRecord(record, new Float32Array(2))).toThrow(
      expect.objectContaining({ code: 'SHAPE_CHANGED', detail: { expected: 8, actual } }) as Error
    )
  })
})

it('a tensor cannot have the name that a replica uses itself', async () => {
  const crew = createCrew(1)
  await crew.net.run(async () => {
    const { run, peer } = await crew.join(crew.peers[0]!)
    const { connector, clock, random } = peer
    const tensors = { [ANCESTRY_NAME]: new Float32Array(1) }
    const creating = createReplica({
      ...{ run, connector, clock, random, tensors },
      apply: () => undefined
    })
    await expect(creating).rejects.toMatchObject({
      code: 'NAME_TAKEN',
      detail: { name: ANCESTRY_NAME }
    })
  })
})
