import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import {
  explainHandshakeError,
  memoryPreset,
  mergePresets,
  relayPreset,
  tcpPreset,
  webRtcPreset,
  webSocketPreset,
  webTransportPreset
} from '../../src/index.ts'
import type { PostQuantum, TransportPreset } from '../../src/index.ts'
import { serveEcho } from '../support/echo.ts'

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

async function start(preset: TransportPreset, ...listen: string[]): Promise<Libp2p> {
  const node = await createLibp2p({ ...preset, addresses: { listen } })
  nodes.push(node)
  return node
}

/** Refused by this end, or by the other, which says no more than that it does not speak it. */
function isRefused(error: unknown): boolean {
  return (
    explainHandshakeError(error)?.code === 'POST_QUANTUM_REQUIRED' ||
    /could not negotiate/.test(String(error))
  )
}

const refusal = expect.objectContaining({ name: 'TransportError', code: 'NOT_POST_QUANTUM' })

describe("postQuantum: 'require'", () => {
  const PRESETS = [
    ['TCP', tcpPreset, '/ip4/127.0.0.1/tcp/0'],
    ['WebSocket', webSocketPreset, '/ip4/127.0.0.1/tcp/0/ws'],
    ['memory', memoryPreset, '/memory/require-spec']
  ] as const
  const DIRECTIONS = [
    ['require', 'off'],
    ['off', 'require']
  ] as const

  it.each(
    PRESETS.flatMap(([name, preset, listen]) =>
      DIRECTIONS.map((direction) => [name, ...direction, preset, listen] as const)
    )
  )('over %s: %s and %s have no connection', async (_, dialler, listener, preset, listen) => {
    const far = await start(preset({ postQuantum: listener }), listen)
    const near = await start(preset({ postQuantum: dialler }))
    const error: unknown = await near.dial(far.getMultiaddrs()).catch((reason: unknown) => reason)
    expect(isRefused(error), String(error)).toBe(true)
    expect([...near.getConnections(), ...far.getConnections()]).toEqual([])
  })

  it.each(DIRECTIONS)(
    'through a relay: %s and %s have no connection',
    async (dialler, listener) => {
      const all = (postQuantum: PostQuantum): TransportPreset =>
        mergePresets(relayPreset({ postQuantum }), tcpPreset())
      const relay = await createLibp2p({
        ...tcpPreset(),
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        services: { ...relayPreset().services, relay: circuitRelayServer() }
      })
      nodes.push(relay)
      const at = `${String(relay.getMultiaddrs()[0])}/p2p-circuit`
      const far = await start(all(listener), at)
      await serveEcho(far)
      const near = await start(all(dialler))
      const address = multiaddr(`${at}/p2p/${String(far.peerId)}`)
      const error: unknown = await near.dial(address).catch((reason: unknown) => reason)
      expect(isRefused(error), String(error)).toBe(true)
      expect(near.getConnections(far.peerId)).toEqual([])
      expect(far.getConnections(near.peerId)).toEqual([])
    }
  )

  const strict = (): TransportPreset => tcpPreset({ postQuantum: 'require' })
  it.each([
    ['WebRTC merged with it', () => mergePresets(strict(), webRtcPreset())],
    [
      'WebRTC that it is merged with',
      () => mergePresets<TransportPreset>(webRtcPreset(), strict())
    ],
    ['WebTransport merged with it', () => mergePresets(strict(), webTransportPreset())],
    [
      'WebRTC added by hand',
      () => ({ ...strict(), transports: [...strict().transports, ...webRtcPreset().transports] })
    ]
  ])('makes no node with %s', async (_, preset) => {
    const made = createLibp2p({ start: false, ...preset() })
    const error: unknown = await made.then(
      () => undefined,
      (reason: unknown) => reason
    )
    // what libp2p makes is a proxy that no report can print
    expect(error).toEqual(refusal)
  })

  it('of one preset is that of all that it is merged with', async () => {
    const merged = mergePresets(tcpPreset(), webSocketPreset({ postQuantum: 'require' }))
    const near = await start(merged)
    const far = await start(tcpPreset({ postQuantum: 'off' }), '/ip4/127.0.0.1/tcp/0')
    const error: unknown = await near.dial(far.getMultiaddrs()).catch((reason: unknown) => reason)
    expect(explainHandshakeError(error)).toMatchObject({ code: 'POST_QUANTUM_REQUIRED' })
  })
})
