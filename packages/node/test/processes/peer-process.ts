/** A peer in a process of its own, driven by its parent over IPC: see peers.ts. */
import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import {
  allocateShared,
  type AllReduceOptions,
  createNode,
  type P2PNetwork,
  type Run
} from '../../src/index.ts'
import type { Order, Rejected, Report, Resolved } from './orders.ts'
import { RELEASE_FD } from './release.ts'

let node: P2PNetwork | undefined
let run: Run | undefined
/** Who could not be reached at some time, and why. */
const downs: string[] = []

process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit(0))

async function obey(order: Order): Promise<void> {
  switch (order.type) {
    case 'join': {
      node = await createNode({
        listenAddresses: ['/ip4/127.0.0.1/tcp/0'],
        bootstrapNodes: order.bootstrap,
        identity: order.identity,
        thread: order.thread
      })
      run = await node.join('processes', order.options)
      run.on('member:down', ({ peer, reason }) => downs.push(`${peer}: ${reason}`))
      return tell({ type: 'joined', peer: node.peerId, addresses: node.addresses })
    }
    case 'move':
      run = await node?.join(order.run, order.options)
      return tell({ type: 'moved' })
    case 'link': {
      const joined = theRun()
      while (joined.members.length < order.members) {
        await new Promise((resolve) => joined.on('member:up', resolve))
      }
      return tell({ type: 'linked' })
    }
    case 'reduce': {
      const values = new Float32Array(order.length).fill(order.value)
      const { enterLate = false } = order
      return tell(await reduce(values, order.value, { onProgress: tellOnce(), enterLate }))
    }
    case 'block':
      return await block()
    case 'reduceAndBlock': {
      const values = allocateShared(order.length).fill(order.value)
      const round = reduce(values, order.value, {})
      await block()
      return tell(await round)
    }
    case 'look':
      return tell({
        type: 'seen',
        members: theRun().members,
        downs,
        attempt: theRun().explain().attempt
      })
    case 'burst':
      return tell({ type: 'times', times: await burst(order) })
    case 'pace':
      return await pace(order)
  }
}

/** Nothing happens on this thread until the parent writes to it, which is told when that begins. */
async function block(): Promise<void> {
  await new Promise((resolve) => process.send?.({ type: 'blocking' }, resolve))
  readSync(RELEASE_FD, new Uint8Array(1))
}

async function burst(order: Extract<Order, { type: 'burst' }>): Promise<number[]> {
  const values = new Float32Array(order.length).fill(order.value)
  const times: number[] = []
  for (let round = 0; round < order.rounds; round++) {
    const start = performance.now()
    await theRun().allReduce(values)
    times.push(performance.now() - start)
  }
  return times
}

async function pace(order: Extract<Order, { type: 'pace' }>): Promise<never> {
  const values = new Float32Array(order.length)
  let enterLate = false
  for (;;) {
    const start = performance.now()
    values.fill(order.value)
    const outcome = await reduce(values, order.value, { enterLate })
    tell(outcome)
    enterLate = outcome.type === 'rejected' && outcome.code === 'BEHIND'
    const pauseMs = Math.max(0, start + order.everyMs - performance.now())
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

async function reduce(
  values: Float32Array,
  before: number,
  options: AllReduceOptions
): Promise<Resolved | Rejected> {
  try {
    const result = await theRun().allReduce(values, options)
    const { participants, lineage, sequence, attempt, durationMs } = result
    const digest = createHash('sha256').update(values).digest('hex')
    const [first = Number.NaN] = values
    const value = values.every((each) => each === first) ? first : Number.NaN
    const rest = { participants, lineage, sequence, attempt, durationMs }
    return { type: 'resolved', ...rest, digest, value }
  } catch (error) {
    const { code = '', message = '' } = error as { code?: string; message?: string }
    const isIntact = values.every((value) => value === before)
    return { type: 'rejected', code, message, isIntact }
  }
}

/** Tells, once, that values are moving. */
function tellOnce(): (done: number, total: number) => void {
  let isTold = false
  return (done, total) => {
    if (isTold || done * 4 < total) return
    isTold = true
    tell({ type: 'moving' })
  }
}

function theRun(): Run {
  if (run === undefined) throw new Error('the peer was told to reduce before it was told to join')
  return run
}

function tell(report: Report): void {
  process.send?.(report)
}
