import { describe, expect, it } from 'vitest'
import { MAX_RUN_NAME_LENGTH } from '../src/constants.ts'
import { runIdOf } from '../src/run-id.ts'
import type { PeerTask } from '../src/task.ts'

const task: PeerTask = {
  kind: 'peer',
  run: 'mnist',
  shard: { index: 0, count: 4 },
  steps: 600,
  batch: 64,
  seed: 1,
  listen: [],
  bootstrap: [],
  mdns: false,
  peers: 4,
  minPeers: 2,
  codec: 'int8',
  algorithm: 'ring',
  errorFeedback: true,
  thread: false
}

describe('the id of a run', () => {
  it('begins with its name and fits, however long that is', () => {
    expect(runIdOf(task)).toMatch(/^mnist\/[0-9a-f]{12}$/)
    expect(runIdOf({ ...task, run: 'x'.repeat(MAX_RUN_NAME_LENGTH) }).length).toBeLessThan(128)
  })

  it.each<Partial<PeerTask>>([
    { run: 'other' },
    { seed: 2 },
    { steps: 601 },
    { batch: 32 },
    { codec: 'float32' },
    { shard: { index: 0, count: 5 } }
  ])('is another with %j', (change) => {
    expect(runIdOf({ ...task, ...change })).not.toBe(runIdOf(task))
  })

  it.each<Partial<PeerTask>>([
    { shard: { index: 3, count: 4 } },
    { listen: ['/ip4/0.0.0.0/tcp/0'], bootstrap: ['/ip4/192.0.2.1/tcp/1'], mdns: true },
    { peers: 3, minPeers: 3 },
    { identity: { path: 'key' } }
  ])('is the same with %j, which every peer has of its own', (change) => {
    expect(runIdOf({ ...task, ...change })).toBe(runIdOf(task))
  })
})
