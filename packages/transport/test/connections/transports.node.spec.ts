import type { Channel } from '@daa-compute/interface'
import { afterEach, describe, expect, it } from 'vitest'
import {
  mergePresets,
  relayPreset,
  tcpPreset,
  webRtcPreset,
  webSocketPreset
} from '../../src/index.ts'
import { startGuarded } from '../support/guarded.ts'
import type { GuardedNode } from '../support/guarded.ts'
import { eventually } from '../support/eventually.ts'

describe('a connection is told of', () => {
  const nodes: GuardedNode[] = []
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop()
  })

  it.each([
    ['tcp', tcpPreset, '/ip4/127.0.0.1/tcp/0', 'Noise X25519 + ML-KEM-768'],
    ['websocket', webSocketPreset, '/ip4/127.0.0.1/tcp/0/ws', 'Noise X25519 + ML-KEM-768'],
    [
      'webrtc-direct',
      () => mergePresets(relayPreset(), webRtcPreset()),
      '/ip4/127.0.0.1/udp/0/webrtc-direct',
      'DTLS'
    ]
  ])('over %s', async (transport, preset, listen, suite) => {
    for (let i = 0; i < 2; i++)
      nodes.push(await startGuarded({ preset: preset(), listen: [listen] }))
    const [near, far] = nodes as [GuardedNode, GuardedNode]
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    const { promise, resolve } = Promise.withResolvers<Channel>()
    await far.connector.accept('/test/kinds/1', resolve)
    const channel = await near.connector.open(far.connector.self, '/test/kinds/1')
    const bytes = new Uint8Array(200_000)
    await Promise.all([channel.send(bytes), promise.then((other) => other.receive())])
    await eventually(() => expect(near.monitor.connections[0]?.rttMs).toBeGreaterThan(0))

    const [mine] = near.monitor.connections
    const [theirs] = far.monitor.connections
    for (const end of [mine!, theirs!]) {
      expect(end).toMatchObject({ transport, relayed: false })
      expect(end.encryption.name).toContain(suite)
    }
    expect([mine?.direction, theirs?.direction]).toEqual(['outbound', 'inbound'])
    for (const carried of [mine!.bytesSent, theirs!.bytesReceived]) {
      expect(carried).toBeGreaterThan(200_000)
      expect(carried).toBeLessThan(230_000)
    }
    expect(mine?.sentBitsPerSecond).toBeGreaterThan(0)
  })
})
