import { peerId, type Channel } from '@daa-compute/interface'
import {
  channelConformance,
  type ChannelPair,
  connectorConformance,
  type ConnectorPair
} from '@daa-compute/testing'
import { describe, expect, it } from 'vitest'
import { createPortConnector, type PortConnectorInit } from '../src/port/port-connector.ts'

const near = peerId('near')
const far = peerId('far')

function connectors(options: Partial<PortConnectorInit> = {}): ConnectorPair {
  const { port1, port2 } = new MessageChannel()
  const one = createPortConnector({ self: near, ports: new Map([[far, port1]]), ...options })
  const other = createPortConnector({ self: far, ports: new Map([[near, port2]]), ...options })
  return {
    near: one,
    far: other,
    nobody: peerId('nobody'),
    stopNear: () => one.stop(),
    async dispose() {
      await one.stop()
      await other.stop()
    }
  }
}

async function channels(options: Partial<PortConnectorInit> = {}): Promise<ChannelPair> {
  const pair = connectors(options)
  const accepted = Promise.withResolvers<Channel>()
  await pair.far.accept('/test/channel/1', accepted.resolve)
  return {
    near: await pair.near.open(far, '/test/channel/1'),
    far: await accepted.promise,
    dispose: () => pair.dispose()
  }
}

channelConformance('message port', { connect: () => channels(), maxInFlight: 6 * 2 ** 20 })
channelConformance('message port with a small window', {
  connect: () => channels({ windowLength: 20_000, maxFrameLength: 300_000 }),
  maxInFlight: 400_000
})
connectorConformance('message port', { connect: () => Promise.resolve(connectors()) })

describe('a message port', () => {
  it('that is closed resets its channels and leaves the peer unreachable', async () => {
    const { port1, port2 } = new MessageChannel()
    const one = createPortConnector({ self: near, ports: new Map([[far, port1]]) })
    const other = createPortConnector({ self: far, ports: new Map([[near, port2]]) })
    await other.accept('/test/a/1', () => undefined)
    const channel = await one.open(far, '/test/a/1')
    const opening = one.open(far, '/test/b/1').catch((error: unknown) => error)
    await other.stop()
    expect(await channel.closed).toMatchObject({ code: 'RESET', detail: { peer: far } })
    await opening
    await one.stop()
  })

  it('takes no notice of what is none of its messages', async () => {
    const { port1, port2 } = new MessageChannel()
    const one = createPortConnector({ self: near, ports: new Map([[far, port1]]) })
    const odd = [
      undefined,
      null,
      7,
      'text',
      {},
      { daa: 1, channel: 0, mine: true },
      { daa: 1, channel: 0, mine: true, message: { type: 'constructor' } },
      { daa: 1, channel: 0, mine: true, message: { type: 'open', protocol: 7 } },
      { daa: 1, channel: 0, mine: false, message: { type: 'frame', bytes: 'text' } },
      { daa: 1, channel: 0, mine: false, message: { type: 'credit', length: -1 } }
    ]
    for (const message of odd) port2.postMessage(message)
    const other = createPortConnector({ self: far, ports: new Map([[near, port2]]) })
    await one.accept('/test/a/1', (channel) => void channel.send(Uint8Array.of(1)))
    const channel = await other.open(near, '/test/a/1')
    expect(await channel.receive()).toEqual(Uint8Array.of(1))
    await Promise.all([one.stop(), other.stop()])
  })

  it('ends a channel whose other end overruns the window', async () => {
    const { port1, port2 } = new MessageChannel()
    const one = createPortConnector({
      self: near,
      ports: new Map([[far, port1]]),
      windowLength: 1000,
      maxFrameLength: 500
    })
    const accepted = Promise.withResolvers<Channel>()
    await one.accept('/test/a/1', accepted.resolve)
    const say = (message: unknown): void =>
      port2.postMessage({ daa: 1, channel: 0, mine: true, message })
    say({ type: 'open', protocol: '/test/a/1' })
    const channel = await accepted.promise
    for (let i = 0; i < 4; i++) say({ type: 'frame', bytes: new ArrayBuffer(400) })
    expect(await channel.closed).toMatchObject({ code: 'FRAME_TOO_LARGE' })
    await one.stop()
    port2.close()
  })
})
