import { describe, expect, it } from 'vitest'
import { createCrew, createModel, gradient, linked, sameState, sleep, type Hand } from './crew.ts'
import type { Merge } from '../src/replica/replica.ts'

async function train(hand: Hand, index: number, taken: number, pauseMs = 50): Promise<void> {
  for (let step = 0; (hand.model.taken[0] ?? 0) < taken; step++) {
    await hand.replica.step(gradient(index, step))
    await sleep(hand.peer, pauseMs)
  }
}

describe('a replica', () => {
  it('is the same everywhere, after every step', async () => {
    const crew = createCrew(3)
    await crew.net.run(async () => {
      const hands = await Promise.all(crew.peers.map((peer) => crew.join(peer)))
      await linked(hands)
      for (let step = 0; step < 4; step++) {
        const results = await Promise.all(
          hands.map(({ replica }, i) => replica.step(gradient(i, step)))
        )
        for (const { counted, revision } of results) {
          expect(counted).toBe(true)
          expect(revision).toEqual(results[0]?.revision)
        }
        for (const { model } of hands) expect(sameState(model, hands[0]!.model)).toBe(true)
      }
    })
  })

  it('of a peer that comes late ends bit-identical', async () => {
    const crew = createCrew(4)
    await crew.net.run(async () => {
      const hands = await Promise.all(crew.peers.slice(0, 3).map((peer) => crew.join(peer)))
      await linked(hands)
      const training = hands.map((hand, i) => train(hand, i, 40))
      await sleep(crew.peers[3]!, 500)
      const late = await crew.join(crew.peers[3]!, {}, {}, createModel(100, 9))
      let behind = 0
      late.replica.on('behind', () => behind++)
      await Promise.all([...training, train(late, 3, 40)])
      for (const { model } of hands) expect(sameState(model, late.model)).toBe(true)
      expect(behind).toBe(1)
    })
  })

  it('of a peer that was frozen ends bit-identical', async () => {
    const crew = createCrew(4)
    await crew.net.run(async () => {
      const hands = await Promise.all(crew.peers.map((peer) => crew.join(peer)))
      await linked(hands)
      let behind = 0
      hands[3]!.replica.on('behind', () => behind++)
      const training = hands.map((hand, i) => train(hand, i, 200))
      await sleep(crew.peers[0]!, 500)
      crew.peers[3]!.freeze()
      await sleep(crew.peers[0]!, 4_000)
      crew.peers[3]!.thaw()
      await Promise.all(training)
      for (const { model } of hands) expect(sameState(model, hands[0]!.model)).toBe(true)
      expect(behind).toBe(1)
    })
  })

  for (const onMeet of ['yield', 'average'] as const) {
    it(`of a lineage that forked off, where they ${onMeet}, becomes one again`, async () => {
      const crew = createCrew(5)
      await crew.net.run(async () => {
        const merges: [number, Merge][] = []
        const hands = await Promise.all(
          crew.peers.map((peer) => crew.join(peer, { onQuorumLoss: 'fork' }, { onMeet }))
        )
        for (const [i, { replica }] of hands.entries())
          replica.on('merge', (m) => merges.push([i, m]))
        await linked(hands)
        const training = hands.map((hand, i) => train(hand, i, 300))
        await sleep(crew.peers[0]!, 500)
        crew.net.partition([['peer-3', 'peer-4']])
        await sleep(crew.peers[0]!, 10_000)
        const sides = [hands[0]!, hands[4]!].map(({ replica }) => replica.revision?.lineage)
        expect(sides[0]).not.toBe(sides[1])
        crew.net.heal()
        await Promise.all(training)
        for (const { model } of hands) expect(sameState(model, hands[0]!.model)).toBe(true)
        if (onMeet === 'yield') {
          expect(merges.map(([i]) => i).toSorted((x, y) => x - y)).toEqual([3, 4])
          expect(merges[0]?.[1].met[0]?.rounds).toBeGreaterThan(1)
        } else {
          const all = merges.map(([, merge]) => merge)
          expect(all.length).toBeGreaterThanOrEqual(5)
          // the two may come back one after the other, and each time all say the same
          for (const merge of all) {
            const same = all.filter(({ revision }) => revision.sequence === merge.revision.sequence)
            expect(same).toHaveLength(Object.keys(merge.weights).length)
            for (const other of same) expect(other).toEqual(merge)
          }
        }
      })
    })
  }
})
