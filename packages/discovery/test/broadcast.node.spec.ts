import { gossipsub, StrictNoSign } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { expect, onTestFinished, test, vi } from 'vitest'
import { bootstrap, createBroadcast, type PubsubNode } from '../src/index.ts'
import { addressOf, connected, startNode, startNodes } from './support/nodes.ts'

test('an author that floods is cut off before it is passed on; others are heard', async () => {
  const nodes = await startNodes(3)
  const [first, second, liar] = nodes as [PubsubNode, PubsubNode, PubsubNode]
  const [broadcast, other] = [
    createBroadcast({ libp2p: first }),
    createBroadcast({ libp2p: second })
  ]
  await bootstrap(second, [addressOf(first)])
  await bootstrap(liar, [addressOf(first)])
  const counts = new Map<string, number>()
  let last = (): void => undefined
  const end = new Promise<void>((resolve) => {
    last = resolve
  })
  onTestFinished(
    broadcast.subscribe('/t', ({ from, data }) => {
      counts.set(from, (counts.get(from) ?? 0) + 1)
      if (data.length === 2) last()
    })
  )
  await Promise.all([connected(liar, '/t'), connected(second, '/t')])
  for (let i = 0; i < 500; i++) await liar.services.pubsub.publish('/t', new Uint8Array(1))
  await other.publish('/t', new Uint8Array(2))
  await end
  expect(counts.get(second.peerId.toString())).toBe(1)
  // a burst of 64, then 20 per second
  expect(counts.get(liar.peerId.toString())).toBeGreaterThanOrEqual(64)
  expect(counts.get(liar.peerId.toString())).toBeLessThan(300)
})

test('a message without signature is not delivered', async () => {
  const receiver = await startNode()
  const unsigned = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: StrictNoSign }) }
  })
  onTestFinished(() => Promise.resolve(unsigned.stop()))
  const signed = await startNode()
  const broadcast = createBroadcast({ libp2p: receiver })
  const messages: string[] = []
  const arrived = new Promise<void>((resolve) => {
    onTestFinished(
      broadcast.subscribe('/t', ({ from }) => {
        messages.push(from)
        resolve()
      })
    )
  })
  await bootstrap(unsigned, [addressOf(receiver)])
  await bootstrap(signed, [addressOf(receiver)])
  await Promise.all([connected(unsigned, '/t'), connected(signed, '/t')])
  const { recipients } = await unsigned.services.pubsub.publish('/t', new Uint8Array(1))
  expect(recipients).toHaveLength(1)
  await signed.services.pubsub.publish('/t', new Uint8Array(1))
  await arrived
  expect(messages).toEqual([signed.peerId.toString()])
})

test('a signature under other contents takes nothing from whose it is', async () => {
  const nodes = await startNodes(3)
  const [receiver, author, liar] = nodes as [PubsubNode, PubsubNode, PubsubNode]
  const heard: string[] = []
  const broadcast = createBroadcast({ libp2p: receiver })
  const subscribed = broadcast.subscribe('/t', ({ from, data }) => heard.push(`${from} ${data[0]}`))
  onTestFinished(subscribed)
  await bootstrap(author, [addressOf(receiver)])
  await bootstrap(liar, [addressOf(receiver)])
  await Promise.all([connected(author, '/t'), connected(liar, '/t')])

  const caught = vi.spyOn(rpcsOf(author), 'sendRpc').mockReturnValue(true)
  await author.services.pubsub.publish('/t', Uint8Array.of(1))
  const [message] = caught.mock.calls[0]![1].messages
  const send = (data: number): void => {
    const messages = [{ ...message!, data: Uint8Array.of(data) }]
    rpcsOf(liar).sendRpc(receiver.peerId.toString(), { messages })
  }
  // what a message is called is asked after its signature was checked
  const verified = vi.spyOn(rpcsOf(receiver), 'msgIdFn')
  // before it is known, as it is, and afterwards
  for (const data of [2, 1, 3, 1]) send(data)
  await liar.services.pubsub.publish('/t', Uint8Array.of(4))
  await expect.poll(() => heard.at(-1)).toBe(`${liar.peerId.toString()} 4`)
  expect(heard).toEqual([`${author.peerId.toString()} 1`, `${liar.peerId.toString()} 4`])
  expect(verified).toHaveBeenCalledTimes(2)
})

/** How gossipsub sends and receives, which its types do not tell. */
function rpcsOf({ services }: PubsubNode): Rpcs {
  return services.pubsub as PubsubNode['services']['pubsub'] & Rpcs
}

interface Rpcs {
  msgIdFn(message: object): unknown
  sendRpc(peer: string, rpc: { messages: { data: Uint8Array }[] }): boolean
}

test('a broadcast says what it cannot do, and lets go of its topics', async () => {
  const node = await startNode()
  const broadcast = createBroadcast({ libp2p: node })
  const [one, two] = [
    broadcast.subscribe('/t', () => undefined),
    createBroadcast({ libp2p: node }).subscribe('/t', () => undefined)
  ]
  one()
  one()
  expect(node.services.pubsub.getTopics()).toEqual(['/t'])
  two()
  expect(node.services.pubsub.getTopics()).toEqual([])

  await expect(broadcast.publish('/t', new Uint8Array(8193))).rejects.toMatchObject({
    name: 'DiscoveryError',
    code: 'MESSAGE_TOO_LARGE',
    detail: { length: 8193, limit: 8192 }
  })
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await expect(broadcast.publish('/t', new Uint8Array(1), { signal })).rejects.toBe(reason)

  const late = broadcast.subscribe('/t', () => undefined)
  await node.stop()
  late()
})

test('a node that was never started cannot broadcast, and says so', async () => {
  const node = await createLibp2p({
    start: false,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub() }
  })
  const broadcast = createBroadcast({ libp2p: node })
  await expect(broadcast.publish('/t', new Uint8Array(1))).rejects.toMatchObject({
    code: 'PUBLISH_FAILED',
    detail: { topic: '/t' }
  })
  expect(() => broadcast.subscribe('/t', () => undefined)).toThrow(
    expect.objectContaining({ code: 'SUBSCRIBE_FAILED', detail: { topic: '/t' } })
  )
})
