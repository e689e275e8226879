/** A member of a group on a thread of its own; started by a test. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { createGroup, createPortConnector } from '@daa-compute/allreduce'
import { peerId } from '@daa-compute/interface'
import { systemClock, systemRandom } from '@daa-compute/transport'

const { port, rounds } = workerData as { readonly port: MessagePort; readonly rounds: number }
const main = peerId('main')
const self = peerId('worker')
const connector = createPortConnector({ self, ports: new Map([[main, port]]) })
const group = await createGroup({
  connector,
  members: [main, self],
  clock: systemClock,
  random: systemRandom
})
const values = new Float32Array(100_000).fill(3)
for (let round = 0; round < rounds; round++) await group.allReduce(values)
await group.close()
await connector.stop()
