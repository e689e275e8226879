import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { KEEP_ALIVE } from '@libp2p/interface'
import { expect, onTestFinished, test } from 'vitest'
import { bootstrap, type DiscoveryError, type PubsubNode } from '../src/index.ts'
import { addressOf, startNode, startNodes } from './support/nodes.ts'

/** A TCP server that is no libp2p peer. */
async function startServer(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`
}

/** A port on which nothing listens any more. */
async function refusingAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return `/ip4/127.0.0.1/tcp/${port}`
}

async function failuresOf(
  node: PubsubNode,
  addresses: string[]
): Promise<readonly DiscoveryError[]> {
  const error: unknown = await bootstrap(node, addresses).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'DiscoveryError', code: 'BOOTSTRAP_FAILED' })
  return (error as DiscoveryError<'BOOTSTRAP_FAILED'>).detail.failures
}

/** Resolves when the next dial has failed and whoever awaited it has gone on. */
function failedDial(node: PubsubNode): Promise<void> {
  const original = node.dial.bind(node)
  return new Promise((resolve) => {
    node.dial = async (...args) => {
      try {
        return await original(...args)
      } catch (error) {
        setImmediate(resolve)
        throw error
      }
    }
  })
}

test('nobody to begin with is fine', async () => {
  expect(await bootstrap(await startNode(), [])).toEqual({ connected: [], failed: [] })
})

test('addresses with and without a peer id lead to a peer, which is kept', async () => {
  const [node, first, second] = (await startNodes(3)) as [PubsubNode, PubsubNode, PubsubNode]
  const anonymous = addressOf(second).replace(/\/p2p\/.*/, '')
  const { connected, failed } = await bootstrap(node, [
    addressOf(first),
    addressOf(first),
    anonymous
  ])
  expect(failed).toEqual([])
  expect(connected).toEqual([first.peerId.toString(), second.peerId.toString()])
  expect(node.getConnections(second.peerId)).toHaveLength(1)
  const { tags } = await node.peerStore.get(second.peerId)
  expect([...tags.keys()].some((tag) => tag.startsWith(KEEP_ALIVE))).toBe(true)
})

test('each address that fails says why, and the others work', async () => {
  const [node, first] = (await startNodes(2)) as [PubsubNode, PubsubNode]
  const refusing = await refusingAddress()
  const { connected, failed } = await bootstrap(node, [
    'localhost:4001',
    refusing,
    addressOf(first),
    '/ip4/127.0.0.1/udp/1/quic-v1'
  ])
  expect(connected).toEqual([first.peerId.toString()])
  expect(failed).toMatchObject([
    { code: 'BAD_ADDRESS', detail: { address: 'localhost:4001' } },
    { code: 'UNREACHABLE', detail: { address: refusing, reason: 'refused' } },
    {
      code: 'UNREACHABLE',
      detail: { address: '/ip4/127.0.0.1/udp/1/quic-v1', reason: 'no-transport' }
    }
  ])
  expect(failed[1]?.message).toBe(
    `bootstrap address ${refusing} is not reachable: nothing listens there: is that peer running, and on this port?`
  )
  expect(failed[1]?.cause).toMatchObject({ code: 'ECONNREFUSED' })
})

test.each(['', '/', 'nonsense', '/ip4/1.2.3.4.5/tcp/1', '/ip4/127.0.0.1/tcp/1/p2p/nobody'])(
  'the malformed address %j is named',
  async (address) => {
    const node = await startNode()
    expect(await failuresOf(node, [address])).toMatchObject([
      { code: 'BAD_ADDRESS', detail: { address } }
    ])
  }
)

test('the own address is recognized, with and without the peer id', async () => {
  const node = await startNode()
  const address = addressOf(node)
  const failures = await failuresOf(node, [address, address.replace(/\/p2p\/.*/, '')])
  expect(failures).toMatchObject([{ detail: { reason: 'self' } }, { detail: { reason: 'self' } }])
})

test('when all fail the node lives on and can try again', async () => {
  const [node, first] = (await startNodes(2)) as [PubsubNode, PubsubNode]
  expect(await failuresOf(node, [await refusingAddress()])).toHaveLength(1)
  expect(node.status).toBe('started')
  const { connected } = await bootstrap(node, [addressOf(first)])
  expect(connected).toEqual([first.peerId.toString()])
})

test('another peer than the one named is not taken for it', async () => {
  const [node, named, answering] = (await startNodes(3)) as [PubsubNode, PubsubNode, PubsubNode]
  const address = `${addressOf(answering).replace(/\/p2p\/.*/, '')}/p2p/${named.peerId.toString()}`
  expect(await failuresOf(node, [address])).toMatchObject([
    { code: 'UNREACHABLE', detail: { address, reason: 'wrong-peer' } }
  ])
  expect(node.getConnections()).toEqual([])
})

test('a server that hangs up is tried again, and given up', async () => {
  let attempts = 0
  const address = await startServer((socket) => {
    attempts += 1
    socket.destroy()
  })
  const node = await startNode()
  expect(await failuresOf(node, [address])).toMatchObject([
    { code: 'UNREACHABLE', detail: { address, reason: 'handshake' } }
  ])
  expect(attempts).toBe(4)
})

test('a disagreement that no attempt changes is not tried again, and told', async () => {
  let attempts = 0
  const address = await startServer((socket) => {
    attempts += 1
    socket.destroy()
  })
  const told: unknown[] = []
  const final = new Error('other keys')
  const result = bootstrap(await startNode(), [address], {
    disagreement: (error) => {
      told.push(error)
      return final
    }
  })
  await expect(result).rejects.toMatchObject({
    detail: { failures: [{ detail: { address, reason: 'encryption' }, cause: final }] }
  })
  await expect(result).rejects.toThrow('other keys')
  expect(attempts).toBe(1)
  expect(told).toMatchObject([expect.any(Error)])
})

test('an abort ends a dial, with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const node = await startNode()
  const silent = await startServer(() => controller.abort(reason))
  await expect(bootstrap(node, [silent], { signal: controller.signal })).rejects.toBe(reason)
})

test('an abort ends the pause between two attempts, with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const node = await startNode()
  let attempts = 0
  const hangingUp = await startServer((socket) => {
    attempts += 1
    socket.destroy()
  })
  const failed = failedDial(node)
  const result = bootstrap(node, [hangingUp], { signal: controller.signal })
  result.catch(() => undefined)
  await failed
  controller.abort(reason)
  await expect(result).rejects.toBe(reason)
  expect(attempts).toBe(1)
})
