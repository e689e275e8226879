import { afterEach, expect, it } from 'vitest'
import { createNode, type P2PNetwork } from '../src/index.ts'
import { startNodes, stopAll } from './local-swarm.ts'

const nodes: P2PNetwork[] = []
afterEach(() => stopAll(nodes.splice(0)))

/** Until each is connected to all others: by then their directories have them, too. */
async function allConnected(): Promise<void> {
  for (const node of nodes) {
    const all = Promise.withResolvers<void>()
    const look = (): void => {
      if (node.peers.length === nodes.length - 1) all.resolve()
    }
    const end = node.on('peer:connect', look)
    look()
    await all.promise
    end()
  }
}

it('nodes average in a grid of groups, and leave it with the node', async () => {
  nodes.push(...(await startNodes(4)))
  const grids = await Promise.all(
    nodes.map((node, i) =>
      node.joinGrid('grid', { groupSize: 2, dimensions: 2, coordinates: [i % 2, i >> 1] })
    )
  )
  await allConnected()
  const values = grids.map((_, i) => Float32Array.of(i, 10 * i))
  // directories fill up meanwhile: who has met nobody calls again
  for (let step = 0; step < 20; step++) {
    await Promise.all(grids.map((grid, i) => grid.average(values[i]!).catch(() => undefined)))
    if (values.every(([value]) => value === 1.5)) break
  }
  for (const value of values) expect(value).toEqual(Float32Array.of(1.5, 15))
  await expect(nodes[0]!.join('grid')).rejects.toMatchObject({ code: 'ALREADY_JOINED' })
  await grids[0]!.leave()
  const again = await nodes[0]!.joinGrid('grid', { groupSize: 2, dimensions: 2 })
  expect(again.coordinates).toHaveLength(2)
})

it('a grid is not joined with what it cannot be', async () => {
  nodes.push(await createNode({ listenAddresses: ['/ip4/127.0.0.1/tcp/0'] }))
  const [node] = nodes
  const misspelt = { groupsize: 8 } as object
  await expect(node!.joinGrid('grid', misspelt)).rejects.toMatchObject({
    code: 'UNKNOWN_FIELD',
    detail: { nearest: 'groupSize' }
  })
  await expect(node!.joinGrid('grid', { groupSize: 1 })).rejects.toThrow(RangeError)
  await expect(node!.joinGrid('grid', { codec: 'topk:0.01' })).rejects.toThrow(RangeError)
  // what has failed leaves nothing behind
  const grid = await node!.joinGrid('grid')
  expect(grid.explain()).toMatchObject({ state: 'idle', step: 0 })
})
