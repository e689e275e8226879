import { createSocket } from 'node:dgram'
import { expect, onTestFinished, test } from 'vitest'
import { dialDiscovered } from '../src/index.ts'
import { addressOf, joinRun, shows, startNode } from './support/nodes.ts'

const MULTICAST_GROUP = '224.0.0.251'

/** A UDP port that is free, for a multicast DNS that meets nobody else's. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

/** Whether a multicast datagram of this machine comes back to it. */
async function multicastWorks(port: number): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 1000)
      const end = (works: boolean): void => {
        clearTimeout(timer)
        resolve(works)
      }
      socket.once('error', () => end(false))
      socket.once('message', () => end(true))
      socket.bind(port, () => {
        try {
          socket.addMembership(MULTICAST_GROUP)
          socket.send('?', port, MULTICAST_GROUP, (error) => {
            if (error !== null) end(false)
          })
        } catch {
          end(false)
        }
      })
    })
  } finally {
    socket.close()
  }
}

test('bootstrap nodes are dialled by the preset too; a malformed one does not stop the start', async () => {
  const first = await startNode()
  const node = await startNode({ bootstrapNodes: ['nonsense', addressOf(first)] })
  const peer = await new Promise<string>((resolve) => {
    node.addEventListener('peer:connect', ({ detail }) => resolve(detail.toString()))
  })
  expect(peer).toBe(first.peerId.toString())
})

test('peers on the local network find each other by multicast DNS', async (context) => {
  const port = await freePort()
  if (!(await multicastWorks(port)) && process.env['CI'] === undefined) {
    context.skip('multicast does not work on this machine')
  }
  const mdns = { port, interval: 200 }
  const nodes = await Promise.all([startNode({ mdns }), startNode({ mdns })])
  for (const node of nodes) onTestFinished(dialDiscovered(node))
  const [first, second] = [joinRun(nodes[0], 'mnist'), joinRun(nodes[1], 'mnist')]
  await Promise.all([shows(first, [nodes[1]]), shows(second, [nodes[0]])])
})

test('discovered peers are dialled up to a limit, and not after the end', async () => {
  const [hub, one, two] = await Promise.all([startNode(), startNode(), startNode()])
  const end = dialDiscovered(hub, { maxConnections: 1 })
  const dialled: string[] = []
  hub.addEventListener('peer:connect', ({ detail }) => dialled.push(detail.toString()))
  const connected = new Promise((resolve) => hub.addEventListener('peer:connect', resolve))
  await hub.peerStore.merge(one.peerId, { multiaddrs: one.getMultiaddrs() })
  await hub.peerStore.merge(two.peerId, { multiaddrs: two.getMultiaddrs() })
  await connected
  end()
  expect(dialled).toEqual([one.peerId.toString()])
  expect(hub.getConnections()).toHaveLength(1)
})
