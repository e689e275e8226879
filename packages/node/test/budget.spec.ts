import type { Budget } from '@daa-compute/interface'
import { afterEach, expect, it } from 'vitest'
import { createNode, NodeError, type P2PNetwork } from '../src/index.ts'
import { joinAll, stopAll } from './local-swarm.ts'

const nodes: P2PNetwork[] = []
afterEach(() => stopAll(nodes.splice(0)))

const listenAddresses = ['/ip4/127.0.0.1/tcp/0']

it.each([
  ['uploadBitsPerSecond', 0],
  ['downloadBitsPerSecond', Number.NaN],
  ['memoryBytes', -1],
  ['metered', 'yes']
])('a node with a budget whose %s is %s does not start', async (name, value) => {
  const creating = createNode({ listenAddresses, budget: { [name]: value } })
  await expect(creating).rejects.toBeInstanceOf(NodeError)
  await expect(creating).rejects.toMatchObject({
    code: 'BAD_CONFIG',
    detail: { field: `budget.${name}`, value }
  })
})

it('a node is told what a misspelt field of its budget was to be', async () => {
  const budget = { uploadBitsPerSec: 1e6 } as Budget
  await expect(createNode({ listenAddresses, budget })).rejects.toMatchObject({
    code: 'UNKNOWN_FIELD',
    detail: { field: 'budget.uploadBitsPerSec', nearest: 'budget.uploadBitsPerSecond' }
  })
})

it('nodes with budgets of all kinds reduce together, a metered one without a shard', async () => {
  const budgets = [
    {},
    { metered: true },
    { uploadBitsPerSecond: 50e6, downloadBitsPerSecond: 80e6, memoryBytes: 64 * 2 ** 20 }
  ]
  for (const budget of budgets) {
    const bootstrapNodes = nodes[0]?.addresses ?? []
    nodes.push(await createNode({ listenAddresses, bootstrapNodes, budget }))
  }
  const runs = await joinAll(nodes)
  const length = 100_000
  const results = await Promise.all(
    runs.map((run, rank) => run.allReduce(new Float32Array(length).fill(rank)))
  )
  for (const { values, participants, algorithm } of results) {
    expect(participants).toHaveLength(3)
    expect(algorithm).toBe('direct')
    expect(values.every((value) => value === 1)).toBe(true)
  }
  // its own values, once
  expect(results[1]!.bytesSent).toBeGreaterThan(4 * length)
  expect(results[1]!.bytesSent).toBeLessThan(4 * length * 1.02)
})
