import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { expect, it } from 'vitest'
import { browserPreset } from '../../src/index.ts'

it.each([
  // a port that browsers never connect to
  ['ws', 'ws://127.0.0.1:1', '/ip4/127.0.0.1/tcp/1/ws'],
  ['wss', 'wss://127.0.0.1:1', '/ip4/127.0.0.1/tcp/1/tls/ws']
])('rejects with an error where a dial of %s fails, not with an event', async (_, uri, address) => {
  const node = await createLibp2p(browserPreset({ localNetwork: true }))
  try {
    const error: unknown = await node.dial(multiaddr(address)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'ConnectionFailedError' })
    expect((error as Error).message).toContain(uri)
  } finally {
    await node.stop()
  }
})
