import type { Connection } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { tcpPreset } from '../../src/index.ts'
import type { RefusalErrorDetails } from '../../src/index.ts'
import {
  connectRawPeer,
  DATA,
  FIN,
  frame,
  GO_AWAY,
  PING,
  RST,
  SYN,
  WINDOW_UPDATE
} from './raw-muxer.ts'
import type { RawPeer } from './raw-muxer.ts'
import { garbage, line } from './raw-socket.ts'
import { startVictim } from './victim.ts'
import type { Victim } from './victim.ts'
import { eventually } from '../support/eventually.ts'

describe('a hostile peer, once it is connected', () => {
  let victim: Victim
  const peers: RawPeer[] = []

  async function attack(): Promise<RawPeer> {
    const peer = await connectRawPeer(victim.libp2p.getMultiaddrs())
    peers.push(peer)
    await eventually(() => expect(connection()).toBeDefined())
    return peer
  }

  const connection = (): ReturnType<Victim['libp2p']['getConnections']>[number] | undefined =>
    victim.libp2p.getConnections()[0]
  const inbound = (): number =>
    connection()?.streams.filter(({ direction }) => direction === 'inbound').length ?? 0
  const refused = (reason: keyof RefusalErrorDetails): number =>
    victim.metrics.value('daa_transport_refused_total', `reason=${reason}`)

  afterEach(async () => {
    for (const { libp2p } of peers.splice(0)) await libp2p.stop()
    await victim.stop()
  })

  const open = (stream: number): Uint8Array => frame(WINDOW_UPDATE, SYN, stream, 0)
  const reset = (stream: number): Uint8Array => frame(WINDOW_UPDATE, RST, stream, 0)
  const data = (stream: number, bytes: Uint8Array): Uint8Array =>
    frame(DATA, 0, stream, bytes.byteLength, bytes)

  it.each([
    ['garbage', [garbage(500, 1)]],
    ['a frame of another version', [Uint8Array.of(9), frame(PING, SYN, 0, 0)]],
    ['a frame of no type', [frame(7, 0, 1, 0)]],
    ['data for the session', [frame(DATA, 0, 0, 0)]],
    ['an answer to a ping that nobody sent', [frame(PING, 2, 0, 4711)]],
    ['a ping without a direction', [frame(PING, 0, 0, 0)]],
    ['a stream of the other end’s numbers', [open(2)]],
    ['a giant length for a stream', [open(1), frame(DATA, 0, 1, 0xff_ff_ff_ff)]],
    ['a giant length for no stream', [frame(DATA, 0, 5, 0xff_ff_ff_ff)]],
    ['a giant length for a stream that is over', [open(1), reset(1), frame(DATA, 0, 1, 2 ** 31)]],
    ['more than the window', [open(1), data(1, new Uint8Array(300_000))]]
  ])('sends %s', async (_, parts) => {
    victim = await startVictim()
    const peer = await attack()
    peer.send(...parts)
    await peer.ended
    await victim.refused('MALFORMED')
    await victim.serves()
    expect(victim.libp2p.getConnections(peer.libp2p.peerId)).toHaveLength(0)
  })

  it('opens thousands of streams', async () => {
    const streamBurst = Infinity
    victim = await startVictim({ maxStreams: 50, maxUnnamedStreams: 20, streamBurst })
    const peer = await attack()
    for (let stream = 1; stream < 10_000; stream += 2) peer.send(open(stream))
    await victim.serves()
    // yamux has turned away those beyond its own thousand without telling
    await eventually(() => expect(refused('TOO_MANY_STREAMS')).toBeGreaterThanOrEqual(980))
    await eventually(() => expect(inbound()).toBe(20))
    for (const { code, detail } of victim.refusals) {
      expect(code).toBe('TOO_MANY_STREAMS')
      expect([{ limit: 20 }, { limit: 50 }]).toContainEqual({
        limit: (detail as { limit: number }).limit
      })
    }
    await victim.serves()
  })

  it.each([
    ['of ours', undefined],
    ['of another', yamux()]
  ])('opens streams and resets them at once, to a muxer %s', async (_, muxer) => {
    const preset = tcpPreset()
    const streamMuxers = muxer === undefined ? preset.streamMuxers : [muxer]
    victim = await startVictim({ streamBurst: 200 }, () => ({ ...preset, streamMuxers }))
    const arrived = vi.fn<() => void>()
    const peer = await attack()
    const theirs = victim.libp2p.getConnections(peer.libp2p.peerId)[0] as Connection & {
      readonly muxer: EventTarget
    }
    theirs.muxer.addEventListener('stream', arrived)
    // fewer than the burst, and then half a second of rest
    for (let stream = 1; stream < 300; stream += 2) peer.send(open(stream), reset(stream))
    await eventually(() => expect(arrived).toHaveBeenCalledTimes(150))
    victim.clock.advance(500)
    await victim.serves()
    expect(victim.refusals).toEqual([])
    for (let stream = 301; stream < 6_000; stream += 2) peer.send(open(stream), reset(stream))
    await peer.ended
    await victim.refused('OPENING_TOO_FAST')
    // the 50 left of the burst, and 128 of half a second
    expect(arrived).toHaveBeenCalledTimes(150 + 178)
    await victim.serves()
    expect(victim.libp2p.getConnections(peer.libp2p.peerId)).toHaveLength(0)
  })

  it('opens streams, and never says for what', async () => {
    victim = await startVictim({ streamTimeoutMs: 1_000 })
    const peer = await attack()
    for (let stream = 1; stream < 40; stream += 2) peer.send(open(stream))
    peer.send(data(1, Uint8Array.of(19, 47)), data(3, line('/multistream/1.0.0')))
    await eventually(() => expect(inbound()).toBe(20))
    await victim.serves()
    victim.clock.advance(2_000)
    await victim.refused('STREAM_TIMEOUT', 20)
    expect(inbound()).toBe(0)
    await victim.serves()
  })

  it('opens streams, and closes its half of them', async () => {
    victim = await startVictim({ streamTimeoutMs: 1_000 })
    const peer = await attack()
    for (let stream = 1; stream < 40; stream += 2) {
      peer.send(open(stream), frame(DATA, FIN, stream, 0))
    }
    await victim.serves()
    await eventually(() => expect(inbound()).toBe(0))
    await victim.serves()
  })

  it('opens streams for nothing that there is', async () => {
    victim = await startVictim({ streamTimeoutMs: 1_000 })
    const peer = await attack()
    for (let stream = 1; stream < 40; stream += 2) {
      peer.send(open(stream), data(stream, line('/multistream/1.0.0')))
      peer.send(data(stream, line('/no/such/protocol')))
    }
    await eventually(() => expect(inbound()).toBe(20))
    await victim.serves()
    victim.clock.advance(2_000)
    await victim.refused('STREAM_TIMEOUT', 20)
  })

  it('announces a giant length of a line', async () => {
    victim = await startVictim({ streamTimeoutMs: 1_000, maxUnnamedStreams: 5 })
    const peer = await attack()
    peer.send(open(1), data(1, Uint8Array.of(0xff, 0xff, 0xff, 0x7f)))
    await eventually(() => expect(inbound()).toBe(0))
    await victim.serves()
    expect(connection()).toBeDefined()
  })

  it('opens more channels than it may, and reads none', async () => {
    victim = await startVictim({ maxChannelsPerPeer: 10 })
    const peer = await attack()
    const name = [line('/multistream/1.0.0'), line('/test/echo/1')]
    for (let stream = 1; stream < 60; stream += 2) {
      peer.send(open(stream), ...name.map((part) => data(stream, part)))
    }
    await victim.refused('TOO_MANY_CHANNELS', 20)
    expect(inbound()).toBe(10)
    await victim.serves()
  })

  it('announces frames that it never sends, in all channels it may have', async () => {
    victim = await startVictim()
    const peer = await attack()
    const name = [line('/multistream/1.0.0'), line('/test/echo/1')]
    for (let stream = 1; stream < 40; stream += 2) {
      const giant = Uint8Array.of(0xff, 0xff, 0xff, 0x7f)
      peer.send(open(stream), ...[...name, giant].map((part) => data(stream, part)))
    }
    await victim.refused('FRAME_TOO_LARGE', 20)
    expect(victim.refusals[0]?.detail).toMatchObject({
      protocol: '/test/echo/1',
      length: 2 ** 31 - 1
    })
    await eventually(() => expect(inbound()).toBe(0))
    await victim.serves()
  })

  it('sends more than it may to a reader that does not read', async () => {
    victim = await startVictim({ maxUnreadBytesPerPeer: 2 * 2 ** 20 })
    await victim.libp2p.handle('/test/unread/1', (stream) => stream.pause())
    const peer = await attack()
    const name = [line('/multistream/1.0.0'), line('/test/unread/1')]
    const streams = Array.from({ length: 20 }, (_, i) => 2 * i + 1)
    for (const stream of streams) peer.send(open(stream), ...name.map((part) => data(stream, part)))
    await eventually(() => {
      const paused = connection()?.streams.filter(({ readStatus }) => readStatus === 'paused')
      expect(paused).toHaveLength(20)
    })
    // almost a window each, together more than the limit and what may come between two looks
    for (const stream of streams) peer.send(data(stream, new Uint8Array(240 * 1024)))
    await victim.serves()
    await peer.ended
    await victim.refused('TOO_MUCH_UNREAD')
    await victim.serves()
  })

  it('sends more than it may to channels that nobody reads', async () => {
    victim = await startVictim({ maxUnreadBytesPerPeer: 2 * 2 ** 20 })
    await victim.connector.accept('/test/unread/1', () => {})
    const peer = await attack()
    const name = [line('/multistream/1.0.0'), line('/test/unread/1')]
    const streams = Array.from({ length: 40 }, (_, i) => 2 * i + 1)
    // less than a channel takes before it pauses, so that no stream holds anything
    const length = Uint8Array.of(0, 0, 1, 0)
    for (const stream of streams) {
      peer.send(open(stream), ...name.map((part) => data(stream, part)))
      peer.send(data(stream, length), data(stream, new Uint8Array(60 * 1024)))
      peer.send(data(stream, new Uint8Array(40 * 1024)))
    }
    await peer.ended
    await victim.refused('TOO_MUCH_UNREAD')
    expect(victim.refusals[0]?.detail).toMatchObject({ limit: 2 * 2 ** 20 })
    await victim.serves()
  })

  it('says goodbye, and stays', async () => {
    victim = await startVictim({ idleTimeoutMs: 1_000 })
    const peer = await attack()
    peer.send(frame(GO_AWAY, 0, 0, 0))
    await victim.serves()
    victim.clock.advance(2_000)
    await peer.ended
    expect(refused('IDLE')).toBeLessThanOrEqual(1)
    await victim.serves()
  })

  it('does nothing at all', async () => {
    victim = await startVictim({ idleTimeoutMs: 1_000 })
    const peer = await attack()
    // what the victim itself asks of it is never answered
    victim.clock.advance(2_000)
    await peer.ended
    await victim.refused('IDLE')
    expect(victim.libp2p.getConnections()).toHaveLength(0)
    await victim.serves()
  })
})
