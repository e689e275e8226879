import { expect, it } from 'vitest'
import { createNode } from '../src/index.ts'

it.each([
  ['TCP', '/ip4/127.0.0.1/tcp/0'],
  ['WebSocket', '/ip4/127.0.0.1/tcp/0/ws'],
  ['WebRTC-direct', '/ip4/127.0.0.1/udp/0/webrtc-direct'],
  ['memory', '/memory/transports-spec']
])('reduces over %s', async (name, address) => {
  // in memory each has a name of its own
  const of = (peer: string): string => (name === 'memory' ? `${address}-${peer}` : address)
  await using alice = await createNode({ listenAddresses: [of('alice')] })
  await using bob = await createNode({
    listenAddresses: [of('bob')],
    bootstrapNodes: alice.addresses
  })
  const length = 1_000_000
  const [ours, theirs] = [1, 3].map((value) => new Float32Array(length).fill(value))
  const results = await Promise.all([alice.allReduce(ours!), bob.allReduce(theirs!)])
  for (const { values, participants } of results) {
    expect(participants).toHaveLength(2)
    expect((values as Float32Array).every((value) => value === 2)).toBe(true)
  }
})
