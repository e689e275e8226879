import { peerId } from '@daa-compute/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import {
  connectDirectory,
  type PubsubNode,
  rememberAddresses,
  type RunDirectory
} from '../src/index.ts'
import { addressOf, startNode, startNodes } from './support/nodes.ts'

test('addresses that are nonsense or of others are not remembered', async () => {
  const [node, other, third] = (await startNodes(3)) as [PubsubNode, PubsubNode, PubsubNode]
  const record = {
    peer: peerId(other.peerId.toString()),
    capabilities: {},
    addresses: ['nonsense', '/ip4/1', addressOf(third), '/ip4/192.0.2.1/tcp/1', addressOf(other)]
  }
  await rememberAddresses(node, record)
  const stored = async (): Promise<string[]> =>
    (await node.peerStore.get(other.peerId)).addresses
      .map((address) => String(address.multiaddr))
      .sort()
  expect(await stored()).toEqual([addressOf(other).split('/p2p')[0], '/ip4/192.0.2.1/tcp/1'])

  // however often they change, there is an end to it
  for (let i = 0; i < 10; i++) {
    const addresses = Array.from({ length: 16 }, (_, j) => `/ip4/192.0.2.2/tcp/${i * 16 + j + 1}`)
    await rememberAddresses(node, { ...record, addresses })
  }
  expect(await stored()).toHaveLength(32)
  expect(await stored()).toContain('/ip4/192.0.2.2/tcp/160')

  await expect(
    rememberAddresses(node, { ...record, peer: peerId('not-a-libp2p-peer') })
  ).rejects.toMatchObject({ code: 'ADDRESS_BOOK_FAILED', detail: { peer: 'not-a-libp2p-peer' } })
})

test('an aborted wait is over, with the reason of the abort', async () => {
  const node = await startNode()
  const reason = new Error('enough')
  const peer = peerId(node.peerId.toString())
  await expect(
    rememberAddresses(
      node,
      { peer, addresses: [], capabilities: {} },
      { signal: AbortSignal.abort(reason) }
    )
  ).rejects.toBe(reason)
})

test('a change of the own addresses is announced at once', async () => {
  const node = await startNode()
  let announced = 0
  const directory: RunDirectory = {
    peers: () => [],
    watch: () => () => undefined,
    announce: () => {
      announced += 1
      return Promise.resolve()
    },
    stop: () => Promise.resolve()
  }
  const disconnect = connectDirectory(node, directory)
  await node.peerStore.patch(node.peerId, { multiaddrs: [multiaddr('/ip4/192.0.2.1/tcp/1')] })
  expect(announced).toBe(1)
  disconnect()
  await node.peerStore.patch(node.peerId, { multiaddrs: [multiaddr('/ip4/192.0.2.1/tcp/2')] })
  expect(announced).toBe(1)
})
