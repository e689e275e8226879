import { GridError, type GridResult } from '@daa-compute/allreduce'
import { afterEach, describe, expect, it } from 'vitest'
import { allocateShared, createNode, type P2PNetwork } from '../src/index.ts'
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

describe.each([
  ['this thread', false],
  ['a thread of its own', true]
])('with the network on %s', (_where, thread) => {
  it('nodes average in a grid of groups, and leave it with the node', async () => {
    nodes.push(...(await startNodes(4, { thread })))
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
    nodes.push(await createNode({ listenAddresses: ['/ip4/127.0.0.1/tcp/0'], thread }))
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
})

describe('a grid that another thread is in', () => {
  const threaded = async (count: number): Promise<void> => {
    nodes.push(...(await startNodes(count, { thread: true })))
    await allConnected()
  }
  const options = { groupSize: 2, dimensions: 1, gatherMs: 200 }

  it('tells what it tells, and reduces shared memory where it is', async () => {
    await threaded(2)
    const grids = await Promise.all(
      nodes.map((node, i) =>
        node.joinGrid('grid', { groupSize: 2, dimensions: 1, coordinates: [i] })
      )
    )
    const rounds = grids.map((grid) => {
      const told: unknown[] = []
      grid.on('round', (event) => void told.push(event))
      return told
    })
    const values = grids.map((_, i) => allocateShared(3).fill(i))
    const seen: number[][] = []
    const average = async (i: number): Promise<GridResult> => {
      // directories fill up meanwhile: who has met nobody calls again
      for (let step = 0; step < 20; step++) {
        const call = grids[i]!.average(values[i]!, {
          weight: 1 + 2 * i,
          onProgress: (done, total) => void seen.push([done, total])
        })
        const result = await call.catch(() => undefined)
        if (result !== undefined) return result
        expect([...values[i]!]).toEqual([i, i, i])
      }
      throw new Error('they do not find each other')
    }
    const results = await Promise.all(grids.map((_, i) => average(i)))
    for (const [i, { values: own, ...rest }] of results.entries()) {
      expect(own).toBe(values[i])
      expect([...own]).toEqual([0.75, 0.75, 0.75])
      expect(rest).toMatchObject({ weight: 2, step: results[0]!.step, axis: 0 })
      expect(rest.participants.toSorted()).toEqual(nodes.map(({ peerId }) => peerId).toSorted())
      expect(rounds[i]).toEqual([rest])
      expect(grids[i]!.coordinates).toEqual(rest.coordinates)
      expect(grids[i]!.self).toBe(nodes[i]!.peerId)
      expect(grids[i]!.explain()).toMatchObject({ state: 'idle', step: rest.step + 1, group: [] })
    }
    expect(seen.length).toBeGreaterThan(0)
  })

  it('has errors of its class, and the values as they were', async () => {
    await threaded(1)
    const grid = await nodes[0]!.joinGrid('grid', options)
    const skipped: unknown[] = []
    grid.on('skipped', (event) => void skipped.push(event))
    const alone = await grid.average(Float32Array.of(1)).catch((error: unknown) => error)
    expect(alone).toBeInstanceOf(GridError)
    expect(alone).toMatchObject({ code: 'NO_GROUP', detail: { step: 0, axis: 0 } })
    expect(skipped).toMatchObject([{ step: 0, axis: 0 }])
    const bad = Float32Array.of(1, Number.NaN)
    await expect(grid.average(bad)).rejects.toMatchObject({
      code: 'NON_FINITE',
      detail: { index: 1 }
    })
    expect([...bad]).toEqual([1, Number.NaN])
    await expect(grid.average(Float32Array.of(1), { weight: -1 })).rejects.toMatchObject({
      code: 'BAD_WEIGHT'
    })
    for (const wrong of [new Float64Array(1), [1], undefined]) {
      const given = wrong as unknown as Float32Array
      await expect(grid.average(given)).rejects.toMatchObject({ code: 'BAD_DTYPE' })
    }
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await expect(grid.average(Float32Array.of(1), { signal })).rejects.toBe(reason)
    await expect(nodes[0]!.joinGrid('other', { ...options, signal })).rejects.toBe(reason)
  })

  it('is over when it was left, and when its node was stopped or is lost', async () => {
    await threaded(1)
    const [node] = nodes
    const left = await node!.joinGrid('left', options)
    await left.leave()
    await left.leave()
    expect(left.explain().state).toBe('left')
    await expect(left.average(new Float32Array(1))).rejects.toMatchObject({ code: 'LEFT' })
    // it is free to be joined again
    const grid = await node!.joinGrid('left', { ...options, gatherMs: 60_000 })
    const pending = grid.average(Float32Array.of(1)).catch((error: unknown) => error)
    await node!.stop()
    expect(await pending).toMatchObject({ code: 'LEFT' })
    expect(grid.explain()).toMatchObject({ state: 'left', group: [] })
    await expect(grid.average(new Float32Array(1))).rejects.toMatchObject({ code: 'LEFT' })
    await grid.leave()
  })

  it('is refused what is code', async () => {
    await threaded(1)
    const filter = (): boolean => true
    await expect(nodes[0]!.joinGrid('grid', { ...options, filter })).rejects.toMatchObject({
      code: 'CANNOT_CROSS',
      detail: { field: 'filter' }
    })
  })
})
