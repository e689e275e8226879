import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import { afterEach, describe, expect, it } from 'vitest'
import { webRtcPreset } from '../../src/index.ts'
import type { RefusalErrorDetails } from '../../src/index.ts'
import { eventually } from '../support/eventually.ts'
import { garbage, message } from './raw-socket.ts'
import { openWebRtc, sendOver } from './raw-webrtc.ts'
import type { RawWebRtc } from './raw-webrtc.ts'
import { bindingRequest } from './stun-request.ts'
import { startVictim } from './victim.ts'
import { dialAgain, startStock } from '../support/stock.ts'
import type { Victim } from './victim.ts'

const ADDRESS = '/ip4/127.0.0.1/udp/0/webrtc-direct'

describe('a hostile dialler of WebRTC-direct', () => {
  let victim: Victim
  const ends: RawWebRtc[] = []
  const sockets: Socket[] = []

  const start = async (limits: Parameters<typeof startVictim>[0] = {}): Promise<void> => {
    victim = await startVictim({ handshakeTimeoutMs: 1_000, ...limits }, webRtcPreset, ADDRESS)
  }

  async function attack(): Promise<RawWebRtc> {
    const end = await openWebRtc(String(victim.libp2p.getMultiaddrs()[0]))
    ends.push(end)
    return end
  }

  async function packets(...parts: readonly Uint8Array[]): Promise<void> {
    const socket = createSocket('udp4')
    sockets.push(socket)
    socket.connect(victim.port, victim.host)
    await once(socket, 'connect')
    for (const part of parts) socket.send(part)
  }

  const begun = (): number => victim.metrics.value('daa_transport_handshakes')
  const refused = (reason: keyof RefusalErrorDetails): number =>
    victim.metrics.value('daa_transport_refused_total', `reason=${reason}`)

  afterEach(async () => {
    for (const end of ends.splice(0)) end.close()
    for (const socket of sockets.splice(0)) socket.close()
    await victim.stop()
  })

  it('sends packets of no kind', async () => {
    await start()
    const request = bindingRequest('libp2p+webrtc+v1/abcdefgh')
    await packets(
      ...Array.from({ length: 200 }, (_, i) => garbage(1 + 7 * i, i + 1)),
      request.subarray(0, 19),
      request.subarray(0, 30),
      bindingRequest('libp2p+webrtc+v1/abcdefgh', { length: 0xffff }),
      bindingRequest('libp2p+webrtc+v1/abcdefgh', { nameLength: 0xffff }),
      bindingRequest('x'),
      bindingRequest('a=b\r\nc'),
      bindingRequest(''),
      bindingRequest('x'.repeat(600))
    )
    await victim.serves()
    expect(begun()).toBe(0)
  })

  it('knocks, and never comes in', async () => {
    await start()
    const knock = bindingRequest('libp2p+webrtc+v1/abcdefgh')
    await packets(knock, knock, knock)
    await eventually(() => expect(begun()).toBe(1))
    await victim.serves()
    victim.clock.advance(1_000)
    await victim.refused('HANDSHAKE_TIMEOUT')
    expect(begun()).toBe(0)
    await victim.serves()
  })

  it('knocks a hundred times under as many names', async () => {
    await start({ maxHandshakes: 30, maxHandshakesPerAddress: 20 })
    await packets(
      ...Array.from({ length: 100 }, (_, i) => bindingRequest(`libp2p+webrtc+v1/name${1000 + i}`))
    )
    await eventually(() => expect(refused('TOO_MANY_HANDSHAKES')).toBe(80))
    expect(begun()).toBe(20)
    victim.clock.advance(1_000)
    await eventually(() => expect(refused('HANDSHAKE_TIMEOUT')).toBe(20))
    expect(begun()).toBe(0)
    await victim.serves()
  })

  it.each([
    ['garbage', [garbage(500, 1)]],
    ['a length that is giant', [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)]],
    ['a length that never ends', [new Uint8Array(1000).fill(0xff)]],
    ['text', ['GET / HTTP/1.1']],
    ['a frame that is no protobuf', [Uint8Array.of(3, 0xff, 0xff, 0xff)]],
    ['a message of Noise that is garbage', [inFrame(message(garbage(200, 2)))]],
    ['a message of Noise that is empty', [inFrame(message(new Uint8Array()))]],
    ['half a message of Noise', [inFrame(message(garbage(10, 3), 64))]],
    ['nothing', []]
  ] as [string, (Uint8Array | string)[]][])('sends %s for a handshake', async (_, parts) => {
    await start()
    const end = await attack()
    // whoever listens begins
    await eventually(() => expect(end.received).toBeGreaterThan(0))
    expect(begun()).toBe(1)
    end.send(...parts)
    await victim.serves()
    victim.clock.advance(1_000)
    await end.ended
    await eventually(() => {
      expect(victim.refusals).toHaveLength(1)
      expect(['HANDSHAKE_FAILED', 'HANDSHAKE_TIMEOUT']).toContain(victim.refusals[0]?.code)
    })
    expect(begun()).toBe(0)
    await victim.serves()
  })

  it('opens streams before it has shaken hands', async () => {
    await start()
    const end = await attack()
    end.open(300, garbage(10_000, 4))
    await victim.serves()
    victim.clock.advance(1_000)
    await end.ended
    await victim.refused('HANDSHAKE_TIMEOUT')
    await victim.serves()
    expect(begun()).toBe(0)
  })

  it('leaves in the middle', async () => {
    await start()
    const end = await attack()
    await eventually(() => expect(end.received).toBeGreaterThan(0))
    end.close()
    await victim.refused('HANDSHAKE_FAILED')
    expect(begun()).toBe(0)
    await victim.serves()
  })
})

describe('a hostile peer of WebRTC-direct, once it is connected', () => {
  let victim: Victim
  let peer: Libp2p

  async function connect(limits: Parameters<typeof startVictim>[0] = {}): Promise<void> {
    victim = await startVictim({ streamTimeoutMs: 1_000, ...limits }, webRtcPreset, ADDRESS)
    const rtc = { rtcConfiguration: { iceServers: [] } }
    peer = await startStock([webRTCDirect(rtc)], [])
    await dialAgain(peer, victim.libp2p.getMultiaddrs()[0]!)
  }

  /** Opens channels below libp2p, and says something over each; resolves when it is said. */
  async function open(count: number, ...messages: readonly (Uint8Array | string)[]): Promise<void> {
    const [connection] = peer.getConnections() as (Connection & Inner)[]
    const opening = Array.from({ length: count }, async () => {
      const channel = connection!.muxer.peerConnection.createDataChannel('')
      await once(channel, 'open')
      for (const one of messages) sendOver(channel, one)
    })
    await Promise.all(opening)
  }

  const refused = (reason: keyof RefusalErrorDetails): number =>
    victim.metrics.value('daa_transport_refused_total', `reason=${reason}`)

  afterEach(async () => {
    await peer.stop()
    await victim.stop()
  })

  it.each([
    ['garbage', [garbage(500, 1)]],
    ['a length that is giant', [Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), garbage(5_000, 2)]],
    ['a frame that is no protobuf', [Uint8Array.of(3, 0xff, 0xff, 0xff)]],
    ['half a frame', [inFrame(garbage(1_000, 3)).subarray(0, 500)]],
    ['text', ['GET / HTTP/1.1']],
    ['a line that is no protocol', [inFrame(garbage(1_000, 4))]],
    ['nothing', []]
  ] as [string, (Uint8Array | string)[]][])('sends %s over streams', async (_, messages) => {
    await connect()
    await open(10, ...messages)
    const streams = (): number =>
      victim.libp2p.getConnections(peer.peerId)[0]?.streams.filter(isUnnamed).length ?? 0
    await victim.serves()
    await eventually(() => {
      victim.clock.advance(1_000)
      expect(streams()).toBe(0)
    })
    await victim.serves()
  })

  it('opens more streams than it may', async () => {
    await connect({ maxStreams: 50, maxUnnamedStreams: 20 })
    await open(200)
    // libp2p has a stream or two of its own
    await eventually(() => expect(refused('TOO_MANY_STREAMS')).toBeGreaterThanOrEqual(180))
    expect(refused('TOO_MANY_STREAMS')).toBeLessThan(190)
    await victim.serves()
    victim.clock.advance(1_000)
    await eventually(() => expect(refused('STREAM_TIMEOUT')).toBeGreaterThan(10))
    await victim.serves()
  })
})

/** What of a connection of stock libp2p is not for others. */
interface Inner {
  readonly muxer: { readonly peerConnection: RTCPeerConnection }
}

const isUnnamed = ({ protocol, direction }: Stream): boolean =>
  direction === 'inbound' && protocol === ''

/** As the channels of WebRTC carry data: a length, and a protobuf with it in field 2. */
function inFrame(data: Uint8Array): Uint8Array {
  const length = varint(data.byteLength)
  const body = Uint8Array.of(0x12, ...length, ...data)
  return Uint8Array.of(...varint(body.byteLength), ...body)
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)]
}
