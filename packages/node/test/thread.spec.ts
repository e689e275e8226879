import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { Metrics } from '@daa-compute/interface'
import { createPowerSgd } from '@daa-compute/compression'
import { ReplicaError, type StepResult } from '@daa-compute/state'
import { createIdentity, openAdmission } from '@daa-compute/transport'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  allocateShared,
  createNode,
  type JoinOptions,
  NodeError,
  type P2PNetwork,
  RoundError,
  type SwarmConfig
} from '../src/index.ts'
import { createNetworkThread } from '../src/thread/network-thread.ts'
import { connectNetwork, type NetworkThread } from '../src/thread/remote-network.ts'
import { stopAll } from './local-swarm.ts'

const local: SwarmConfig = { listenAddresses: ['/ip4/127.0.0.1/tcp/0'], thread: true }

let nodes: P2PNetwork[] = []

afterEach(async () => {
  await stopAll(nodes)
  nodes = []
})

async function start(config: SwarmConfig = {}): Promise<P2PNetwork> {
  const node = await createNode({ ...local, ...config })
  nodes.push(node)
  return node
}

/** A node on a thread and one on this. */
async function startPair(): Promise<P2PNetwork[]> {
  const first = await start()
  await start({ thread: false, bootstrapNodes: first.addresses })
  return nodes
}

async function joinPair(options: JoinOptions = {}) {
  const pair = await startPair()
  return await Promise.all(pair.map((node) => node.join('pair', { minPeers: 2, ...options })))
}

describe('values', () => {
  it('on shared memory are reduced where they are, others to where they are', async () => {
    const runs = await joinPair()
    for (const values of [allocateShared(1_000).fill(1), new Float32Array(1_000).fill(1)]) {
      const other = new Float32Array(1_000).fill(3)
      const [result] = await Promise.all([runs[0]!.allReduce(values), runs[1]!.allReduce(other)])
      expect(result.values).toBe(values)
      expect(values).toEqual(new Float32Array(1_000).fill(2))
      expect(result.participants.toSorted()).toEqual(nodes.map(({ peerId }) => peerId).toSorted())
    }
  })

  it('by name may be on either, and are parts of larger arrays', async () => {
    const runs = await joinPair()
    const whole = allocateShared(10, 'float64').fill(1)
    const tensors = { a: whole.subarray(2, 5), b: new Float64Array(12).fill(2).subarray(1, 2) }
    const others = { a: new Float64Array(3).fill(3), b: new Float64Array([4]) }
    const [result] = await Promise.all([runs[0]!.allReduce(tensors), runs[1]!.allReduce(others)])
    expect(result.values).toBe(tensors)
    expect([...whole]).toEqual([1, 1, 2, 2, 2, 1, 1, 1, 1, 1])
    expect([...tensors.b]).toEqual([3])
    expect([...new Float64Array(tensors.b.buffer).subarray(2)]).toEqual(Array(10).fill(2))
  })

  it('of half precision keep their type', async () => {
    const runs = await joinPair()
    // 1 and 3, and the mean of them
    const halves = [new Uint16Array([0x3c00]), allocateShared(1, 'float16').fill(0x4200)]
    await Promise.all(runs.map((run, i) => run.allReduce(halves[i]!, { dtype: 'float16' })))
    expect(halves.map(([bits]) => bits)).toEqual([0x4000, 0x4000])
  })

  it.each([
    ['shared', () => allocateShared(3)],
    ['ordinary', () => new Float32Array(3)]
  ])('on %s memory are what they were when a round fails', async (_, create) => {
    const node = await start()
    const run = await node.join('alone', { minPeers: 2, formTimeoutMs: 50 })
    const values = create().fill(7)
    await expect(run.allReduce(values)).rejects.toMatchObject({ code: 'NOT_ENOUGH_PEERS' })
    expect([...values]).toEqual([7, 7, 7])
    values[1] = Number.NaN
    const error = await run.allReduce(values).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(RoundError)
    expect(error).toMatchObject({ code: 'NON_FINITE', detail: { index: 1, value: Number.NaN } })
    expect([...values]).toEqual([7, Number.NaN, 7])
  })

  it.each([[null], ['text'], [new Int8Array(3)], [{ a: [1] }], [{ a: () => 1 }]])(
    'that are none are refused as on this thread: %o',
    async (values) => {
      const errors = []
      for (const run of await joinPair({ minPeers: 1 })) {
        errors.push(await run.allReduce(values as never).catch((cause: unknown) => cause))
      }
      const [there, here] = errors as Error[]
      expect(there).toMatchObject({ name: here!.name, code: (here as RoundError).code })
      expect(there!.constructor).toBe(here!.constructor)
    }
  )
})

describe('a call', () => {
  it('is aborted by its signal, with its very reason', async () => {
    const node = await start()
    const run = await node.join('alone', { minPeers: 2 })
    const reasons = [new Error('enough'), { a: 'plain object' }]
    for (const reason of reasons) {
      const gone = new AbortController()
      const round = run.allReduce(new Float32Array(1), { signal: gone.signal })
      gone.abort(reason)
      const error = await round.catch((cause: unknown) => cause)
      if (reason instanceof Error) expect(error).toBe(reason)
      else expect(error).toBeInstanceOf(Error)
    }
    const before = AbortSignal.abort(reasons[0])
    await expect(run.allReduce(new Float32Array(1), { signal: before })).rejects.toBe(reasons[0])
    await expect(node.join('other', { signal: before })).rejects.toBe(reasons[0])
  })

  it('is told of progress', async () => {
    const runs = await joinPair()
    const onProgress = vi.fn<(done: number, total: number) => void>()
    await Promise.all([
      runs[0]!.allReduce(new Float32Array(100_000), { onProgress }),
      runs[1]!.allReduce(new Float32Array(100_000))
    ])
    const [done, total] = onProgress.mock.lastCall!
    expect(done).toBe(total)
    expect(onProgress.mock.calls.every(([, all]) => all === total)).toBe(true)
  })

  it('may name a compressor, which the run keeps', async () => {
    const runs = await joinPair()
    const compressor = { name: 'powersgd:1', shapes: [[4, 4]] }
    for (let round = 0; round < 2; round++) {
      const values = runs.map(() => new Float32Array(16).fill(round + 1))
      await Promise.all(runs.map((run, i) => run.allReduce(values[i]!, { compressor })))
      // a matrix of rank 1, as often as its compressor remembers what it was
      expect(values[0]![5]).toBeCloseTo(round + 1, 4)
      expect(values[0]).toEqual(values[1])
    }
    const unknown = { compressor: { name: 'powersgd:none' } }
    for (const run of runs) {
      await expect(run.allReduce(new Float32Array(1), unknown)).rejects.toMatchObject({
        name: 'CodecError',
        code: 'BAD_PARAMETER'
      })
    }
  })
})

describe('a replica', () => {
  it('is served there, changed here, and the same bits everywhere', async () => {
    const runs = await joinPair()
    const weights = [allocateShared(1_000), new Float32Array(1_000)]
    const applied = weights.map((tensor) =>
      vi.fn<(values: Float32Array) => void>((values) => {
        for (let i = 0; i < values.length; i++) tensor[i]! += values[i]!
      })
    )
    const replicas = await Promise.all(
      runs.map((run, i) =>
        run.replicate<Float32Array>({ tensors: { weights: weights[i]! }, apply: applied[i]! })
      )
    )
    expect(replicas[0]!.revision).toBeUndefined()
    for (let step = 1; step <= 3; step++) {
      const results = await Promise.all(
        replicas.map((replica, i) => replica.step(new Float32Array(1_000).fill(i === 0 ? 1 : 3)))
      )
      expect(results.map(({ counted }) => counted)).toEqual([true, true])
      expect(results[0]!.values).toEqual(new Float32Array(1_000).fill(2))
      expect(replicas[0]!.revision).toEqual(results[0]!.revision)
      expect(replicas[0]!.revision).toEqual(replicas[1]!.revision)
      expect(weights[0]).toEqual(weights[1])
      expect(weights[0]![0]).toBe(2 * step)
    }
    // another that comes now takes over the state of the two
    const late = await start({ bootstrapNodes: nodes[0]!.addresses })
    const run = await late.join('pair', { minPeers: 2 })
    const own = allocateShared(1_000)
    const apply = (values: Float32Array): void =>
      values.forEach((value, i) => void (own[i]! += value))
    const joiner = await run.replicate<Float32Array>({ tensors: { weights: own }, apply })
    const level = new Promise((resolve) => joiner.on('level', resolve))
    await expect.poll(() => run.members).toHaveLength(3)
    const entering = joiner.step(new Float32Array(1_000))
    entering.catch(() => undefined)
    for (let isIn = false; !isIn;) {
      const steps = replicas.map((replica) => replica.step(new Float32Array(1_000).fill(1)))
      const [{ participants }] = (await Promise.all(steps)) as [StepResult<Float32Array>]
      isIn = participants.includes(late.peerId)
    }
    expect((await entering).counted).toBe(false)
    await level
    expect(joiner.revision).toEqual((await entering).revision)
    const end = [...replicas, joiner].map((replica) =>
      replica.step(new Float32Array(1_000).fill(5))
    )
    await Promise.all(end)
    expect(own).toEqual(weights[1])
    await joiner.stop()
    await joiner.stop()
  })

  it('has its tensors on shared memory, and says what its apply has thrown', async () => {
    const node = await start()
    const run = await node.join('alone', { minPeers: 1 })
    const apply = (): void => {
      throw new RangeError('cannot')
    }
    const bad = { weights: new Float32Array(1) }
    await expect(run.replicate({ tensors: bad, apply })).rejects.toMatchObject({
      code: 'NOT_SHARED',
      detail: { tensor: 'weights' }
    })
    const replica = await run.replicate({ tensors: { weights: allocateShared(1) }, apply })
    const error = await replica.step(new Float32Array([1])).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ReplicaError)
    expect(error).toMatchObject({ code: 'APPLY_FAILED' })
    await node.stop()
    await replica.stop()
    await expect(replica.step(new Float32Array(1))).rejects.toMatchObject({ code: 'STOPPED' })
  })
})

describe('what is code', () => {
  const code = (): boolean => true

  it.each([
    ['filter', { filter: code }],
    ['errorFeedback.begin', { errorFeedback: { begin: code, forget: code } }]
  ])('cannot cross, and %s is named', async (field, options) => {
    const node = await start()
    const error = await node.join('x', options as unknown as JoinOptions).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(NodeError)
    expect(error).toMatchObject({ code: 'CANNOT_CROSS', detail: { field } })
  })

  it('of a configuration or a call is named, too', async () => {
    const admission = openAdmission()
    await expect(createNode({ ...local, admission })).rejects.toMatchObject({
      code: 'CANNOT_CROSS',
      detail: { field: expect.stringMatching(/^admission\./) as string }
    })
    const node = await start()
    const run = await node.join('alone', { minPeers: 1 })
    const compressor = createPowerSgd({ rank: 1, shapes: [[2, 2]] })
    await expect(run.allReduce(new Float32Array(4), { compressor })).rejects.toMatchObject({
      code: 'CANNOT_CROSS',
      detail: { field: 'compressor.assertFits' }
    })
    expect(await run.allReduce(new Float32Array([4]))).toMatchObject({ sequence: 0 })
  })
})

describe('a configuration', () => {
  it('has its identity, and its passphrase is asked for here', async () => {
    const identity = await createIdentity()
    expect((await start({ identity })).peerId).toBe(identity.peer)
    const folder = await mkdtemp(join(tmpdir(), 'daa-thread-'))
    try {
      const passphrase = vi.fn<() => Promise<string>>(async () => 'correct horse')
      await start({ identity: { path: join(folder, 'peer.key'), passphrase } })
      expect(passphrase).toHaveBeenCalled()
      const lost = new Error('there is no terminal')
      const failing = { path: join(folder, 'peer.key'), passphrase: () => Promise.reject(lost) }
      await expect(createNode({ ...local, identity: failing })).rejects.toThrow(lost.message)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('has its logger and metrics told', async () => {
    const warn = vi.fn<(message: string, fields?: object) => void>()
    const logger = { debug: () => undefined, info: () => undefined, warn }
    const totals = new Map<string, number>()
    const count = (name: string) => (value: number) => {
      totals.set(name, (totals.get(name) ?? 0) + value)
    }
    const metrics: Metrics = {
      counter: (name) => ({ add: count(name) }),
      gauge: (name) => ({ set: count(name) }),
      histogram: (name) => ({ observe: count(name) })
    }
    const node = await createNode({
      ...local,
      logger,
      metrics,
      bootstrapNodes: ['/ip4/127.0.0.1/tcp/1']
    })
    const run = await node.join('alone', { minPeers: 1 })
    await run.allReduce(new Float32Array(1))
    await node.bootstrap().catch(() => undefined)
    await node.stop()
    const fields = warn.mock.calls.find(([message]) => message === 'bootstrap failed')?.[1]
    expect(fields).toMatchObject({ error: { code: 'BOOTSTRAP_FAILED' } })
    expect([...totals.keys()].some((name) => name.startsWith('daa_'))).toBe(true)
  })
})

describe('the thread', () => {
  it('lets the process end when the node has stopped, and not before', async () => {
    const program = `
      import { createNode } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
      const node = await createNode(${JSON.stringify(local)})
      process.once('beforeExit', () => console.log('ended'))
      process.stdin.once('data', () => node.stop().then(() => console.log('stopped')))
      process.stdin.unref()
      console.log('started')`
    const flags = ['--conditions=source', '--input-type=module', '--eval', program]
    const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    let output = ''
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      output += chunk
      if (output === 'started\n') child.stdin.end('stop')
    }
    expect(await ended).toEqual([0, null])
    expect(output).toBe('started\nstopped\nended\n')
  })

  it('ends itself when its node has stopped, or could not start', async () => {
    const codes: number[] = []
    const watch = (worker: Worker): void => void worker.once('exit', (code) => codes.push(code))
    process.on('worker', watch)
    try {
      const node = await createNode(local)
      await node.stop()
      await expect(createNode({ ...local, codec: 'int9' })).rejects.toThrow('int9')
    } finally {
      process.off('worker', watch)
    }
    // one that is cut off exits with 1
    expect(codes).toEqual([0, 0])
  })

  it('can be ended before it has loaded, and again', async () => {
    const thread = createNetworkThread()
    await thread.end()
    await thread.end()
    await expect(thread.lost).resolves.toBeInstanceOf(Error)
  })

  it('ends with everything that waits for it, when it crashes', async () => {
    let thread: NetworkThread | undefined
    const create = (): NetworkThread => (thread = createNetworkThread())
    const node = await connectNetwork(create, local)
    nodes.push(node)
    const run = await node.join('alone', { minPeers: 2 })
    const round = run.allReduce(allocateShared(1))
    const lost = new Promise((resolve) => node.on('thread:lost', ({ error }) => resolve(error)))
    await thread!.end()
    const expected = { name: 'NodeError', code: 'THREAD_LOST' }
    expect(await lost).toMatchObject(expected)
    await expect(round).rejects.toMatchObject(expected)
    await expect(run.allReduce(new Float32Array(1))).rejects.toMatchObject(expected)
    await expect(node.join('other')).rejects.toMatchObject(expected)
    await expect(node.bootstrap()).rejects.toMatchObject(expected)
    expect(run.explain().state).toBe('left')
    expect(node.peers).toEqual([])
    await run.leave()
    await node.stop()
  })
})
