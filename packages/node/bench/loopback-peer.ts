/**
 * One of two processes that move 64 MiB between them: by all-reduce, or the same
 * bytes both ways at once over bare libp2p streams. Started by the benchmark
 * with an IPC channel; says what it measured on it.
 *
 *   node --conditions=source loopback-peer.ts <mode> <values> <rounds> [address]
 *
 * Modes: `bare`, `stock`, or a codec; with `/shared` behind it the network is on a
 * thread of its own and the values on shared memory, with `/copied` they are not.
 */
import { readFileSync } from 'node:fs'
import { systemClock } from '@daa-compute/transport'
import { allocateShared, createNode } from '../src/index.ts'
import { bareExchange } from './bare-exchange.ts'

const [mode = '', length = '', rounds = '', address] = process.argv.slice(2)
const values = Number(length)

/** Resident memory in bytes: now, and the most since it was last cleared. */
function memory(): { now: number; peak: number } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const read = (key: string): number =>
    Number(status.match(new RegExp(`${key}:\\s+(\\d+)`))?.[1]) * 1024
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

const times: number[] = []
let idle = 0
if (mode === 'bare' || mode === 'stock') {
  const bytes = values * 4
  const stock = mode === 'stock'
  await bareExchange({ bytes, rounds: Number(rounds), address, stock, times, ready: send })
} else {
  const [codec = '', memoryOfThread] = mode.split('/')
  const node = await createNode({
    thread: memoryOfThread !== undefined,
    listenAddresses: ['/ip4/127.0.0.1/tcp/0'],
    bootstrapNodes: address === undefined ? [] : [address]
  })
  send({ addresses: node.addresses })
  const run = await node.join('bench', { minPeers: 2, codec })
  // opens every channel before anything is measured
  await run.allReduce(new Float32Array(1))
  idle = memory().now
  const allocate = memoryOfThread === 'shared' ? allocateShared : ordinary
  const tensor = allocate(values).fill(1)
  for (let round = 0; round < Number(rounds); round++) {
    // everybody begins at the same moment: what is measured is the moving
    await run.allReduce(new Float32Array(1))
    const start = systemClock.now()
    await run.allReduce(tensor)
    times.push(systemClock.now() - start)
  }
  await node.stop()
}
send({ times, idle, peak: memory().peak })
process.disconnect?.()

function ordinary(count: number): Float32Array {
  return new Float32Array(count)
}

function send(message: object): void {
  process.send?.(message)
}
