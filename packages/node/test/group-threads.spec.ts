import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import {
  createGroup,
  createPortConnector,
  type Group,
  type PortConnector
} from '@daa-compute/allreduce'
import { peerId } from '@daa-compute/interface'
import { expect, it } from 'vitest'
import { systemClock, systemRandom } from '@daa-compute/transport'

const self = peerId('main')
const other = peerId('worker')

interface Threads {
  readonly worker: Worker
  readonly connector: PortConnector
  readonly group: Group
}

/** A group of this thread and one that makes so many all-reduces. */
async function withThread(rounds: number): Promise<Threads> {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(new URL('group-thread.ts', import.meta.url), {
    workerData: { port: port2, rounds },
    transferList: [port2],
    execArgv: ['--conditions=source']
  })
  const connector = createPortConnector({ self, ports: new Map([[other, port1]]) })
  const group = await createGroup({
    connector,
    members: [self, other],
    clock: systemClock,
    random: systemRandom
  })
  return { worker, connector, group }
}

it('a thread reduces with another', async () => {
  const { worker, connector, group } = await withThread(3)
  const exited = once(worker, 'exit')
  const values = new Float32Array(100_000).fill(1)
  for (let round = 0; round < 3; round++) await group.allReduce(values)
  expect(values).toEqual(new Float32Array(100_000).fill(2))
  await group.close()
  await connector.stop()
  expect(await exited).toEqual([0])
})

it('a thread that is terminated is named, and the values are given back', async () => {
  const { worker, connector, group } = await withThread(2)
  await group.allReduce(new Float32Array(100_000))
  const values = new Float32Array(100_001).fill(1)
  await worker.terminate()
  await expect(group.allReduce(values)).rejects.toMatchObject({
    code: 'PEER_FAILED',
    detail: { culprit: other }
  })
  expect(values).toEqual(new Float32Array(100_001).fill(1))
  await group.close()
  await connector.stop()
})
