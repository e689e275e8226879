/** The thread of a network: see network-thread.ts. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { systemClock } from '@daa-compute/transport'
import { releaseWebRtc } from '@daa-compute/transport/node'
import { createNode } from '../create-node.ts'
import { hostNetwork } from './network-host.ts'

const { port } = workerData as { readonly port: MessagePort }
hostNetwork({ port, createNode, clock: systemClock })
// timers that libp2p leaves behind would keep the thread for a second
port.once('close', () => {
  releaseWebRtc()
  process.exit()
})
