import { peerId } from '@daa-compute/interface'
import type { Channel } from '@daa-compute/interface'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createConnector,
  explainListenError,
  ListenError,
  memoryPreset,
  mergePresets,
  tcpPreset,
  webSocketPreset
} from '../src/index.ts'

const nodes: Libp2p[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

async function start(
  preset: ReturnType<typeof tcpPreset>,
  listen: readonly string[]
): Promise<Libp2p> {
  const node = await createLibp2p({ ...preset, addresses: { listen: [...listen] } })
  nodes.push(node)
  return node
}

describe('presets', () => {
  it('serve TCP, WebSocket and memory side by side on one node', async () => {
    const all = mergePresets(tcpPreset(), webSocketPreset(), memoryPreset())
    const server = await start(all, [
      '/ip4/127.0.0.1/tcp/0',
      '/ip4/127.0.0.1/tcp/0/ws',
      '/memory/presets-spec'
    ])
    const heard: string[] = []
    await createConnector({ libp2p: server }).accept('/test/presets/1', (channel: Channel) => {
      void channel.receive().then((frame) => {
        heard.push(new TextDecoder().decode(frame))
        return channel.close()
      })
    })
    for (const [name, preset] of [
      ['tcp', tcpPreset()],
      ['ws', webSocketPreset()],
      ['memory', memoryPreset()]
    ] as const) {
      const client = await start(preset, [])
      await client.dial(server.getMultiaddrs())
      expect(client.getConnections()[0]).toMatchObject({
        encryption: '/noise-mlkem768-hfs/0.2.0',
        multiplexer: '/yamux/1.0.0'
      })
      const channel = await createConnector({ libp2p: client }).open(
        peerId(server.peerId.toString()),
        '/test/presets/1'
      )
      await channel.send(new TextEncoder().encode(name))
      expect(await channel.closed).toBeUndefined()
    }
    expect(heard).toEqual(['tcp', 'ws', 'memory'])
  })
})

describe('explainListenError', () => {
  async function failure(preset: ReturnType<typeof tcpPreset>, listen: string[]): Promise<unknown> {
    const node = await createLibp2p({ ...preset, start: false, addresses: { listen } })
    nodes.push(node)
    try {
      await node.start()
    } catch (error) {
      return error
    }
    return undefined
  }

  it.each([
    ['TCP', tcpPreset, '/ip4/127.0.0.1/tcp/0'],
    ['WebSocket', webSocketPreset, '/ip4/127.0.0.1/tcp/0/ws'],
    ['memory', memoryPreset, '/memory/listen-spec']
  ])('names the taken address and the remedy: %s', async (_, preset, listen) => {
    const first = await start(preset(), [listen])
    const [taken] = first.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString())
    const error = explainListenError(await failure(preset(), [taken as string]))
    expect(error).toBeInstanceOf(ListenError)
    expect(error).toMatchObject({ code: 'ADDRESS_IN_USE', detail: { addresses: [taken] } })
    expect(error?.message).toContain(taken)
    const cause = error?.cause
    expect(cause).toBeInstanceOf(Error)
    // what the system said, in one line, and none of libp2p's advice to ignore it
    expect((cause as Error).message).toMatch(/in use[^\n]*$/)
    expect((cause as Error).message).not.toContain('faultTolerance')
  })

  it.each([
    '/ip4/192.0.2.1/tcp/0',
    // a scope is missing: EINVAL where there is IPv6, and EAFNOSUPPORT where there is none
    '/ip6/fe80::1/tcp/0'
  ])('names an address that is none of this machine: %s', async (listen) => {
    expect(explainListenError(await failure(tcpPreset(), [listen]))).toMatchObject({
      code: 'ADDRESS_NOT_AVAILABLE',
      detail: { addresses: [listen] }
    })
  })

  it('names an address no transport serves', async () => {
    const listen = '/ip4/127.0.0.1/tcp/0/ws'
    expect(explainListenError(await failure(tcpPreset(), [listen]))).toMatchObject({
      code: 'UNSUPPORTED_ADDRESS',
      detail: { addresses: [listen] }
    })
  })

  it.each([
    ['none', undefined],
    ['one that is none', { certificate: 'certificate', key: 'key' }]
  ])('tells that secure WebSockets need a certificate, where there is %s', async (_, tls) => {
    const listen = '/ip4/127.0.0.1/tcp/0/tls/ws'
    const error = explainListenError(await failure(webSocketPreset({ tls }), [listen]))
    expect(error).toMatchObject({ code: 'BAD_CERTIFICATE', detail: { addresses: [listen] } })
  })

  it('names a port that this process may not listen on', () => {
    const error = new Error(
      'Some configured addresses failed to be listened on, see the "faultTolerance" option:\n\n' +
        '  /ip4/0.0.0.0/tcp/80: Error: listen EACCES: permission denied 0.0.0.0:80\n    at Server.listen\n'
    )
    error.name = 'UnsupportedListenAddressesError'
    expect(explainListenError(error)).toMatchObject({
      code: 'PERMISSION_DENIED',
      detail: { addresses: ['/ip4/0.0.0.0/tcp/80'] }
    })
  })

  it('leaves other errors alone', () => {
    expect(explainListenError(new Error('EADDRINUSE'))).toBeUndefined()
    expect(explainListenError('EADDRINUSE')).toBeUndefined()
  })
})
