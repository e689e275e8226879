import { peerId } from '@daa-compute/interface'
import type { Channel } from '@daa-compute/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { PING_PROTOCOL, PING_STREAM_IDLE_MS } from '../../src/constants.ts'
import { memoryPreset } from '../../src/index.ts'
import type { ConnectionEvents, ConnectionInfo } from '../../src/index.ts'
import { startGuarded } from '../support/guarded.ts'
import type { GuardedNode, GuardedNodeInit } from '../support/guarded.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { memoryNetwork } from '../support/nodes.ts'
import { eventually } from '../support/eventually.ts'

describe('a monitor of connections', () => {
  const nodes: GuardedNode[] = []

  async function start(init: Omit<GuardedNodeInit, 'preset'> = {}): Promise<GuardedNode> {
    const node = await startGuarded({
      preset: memoryPreset(),
      listen: [memoryNetwork.listen()],
      ...init
    })
    nodes.push(node)
    return node
  }

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop()
  })

  function record(node: GuardedNode): [keyof ConnectionEvents, ConnectionInfo][] {
    const events: [keyof ConnectionEvents, ConnectionInfo][] = []
    for (const name of ['connection:open', 'connection:change', 'connection:close'] as const) {
      node.monitor.on(name, ({ connection }) => events.push([name, connection]))
    }
    return events
  }

  async function carry(from: GuardedNode, to: GuardedNode, bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<Channel>()
    const stop = await to.connector.accept('/test/carry/1', resolve)
    const channel = await from.connector.open(to.connector.self, '/test/carry/1')
    await Promise.all([channel.send(new Uint8Array(bytes)), promise.then((far) => far.receive())])
    await channel.close()
    await stop()
  }

  it('tells what a connection is, at both ends', async () => {
    const clock = createManualClock()
    const near = await start({ clock })
    const far = await start({ clock })
    const before = Date.now()
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await eventually(() => expect(far.monitor.connections).toHaveLength(1))
    const [mine] = near.monitor.connections
    const [theirs] = far.monitor.connections
    expect(mine).toMatchObject({
      peer: far.libp2p.peerId.toString(),
      address: far.libp2p.getMultiaddrs()[0]?.toString(),
      transport: 'memory',
      encryption: { name: expect.stringMatching(/^Noise X25519/) as unknown },
      relayed: false,
      direction: 'outbound'
    })
    expect(theirs).toMatchObject({
      peer: near.libp2p.peerId.toString(),
      transport: 'memory',
      encryption: mine?.encryption,
      direction: 'inbound'
    })
    for (const end of [mine!, theirs!]) {
      expect(end.since).toBeGreaterThanOrEqual(before)
      expect(end.since).toBeLessThanOrEqual(Date.now())
    }
  })

  it('tells when it opens, changes and closes', async () => {
    const clock = createManualClock()
    const near = await start({ clock })
    const far = await start({ clock })
    const events = record(near)
    const connection = await near.libp2p.dial(far.libp2p.getMultiaddrs())
    expect(events[0]).toEqual(['connection:open', expect.objectContaining({ rttMs: undefined })])
    await eventually(() => expect(events.at(-1)?.[1].rttMs).toBe(0))
    expect(near.metrics.observed('daa_transport_round_trip_seconds')).toBe(1)

    await carry(near, far, 100_000)
    clock.advance(1_000)
    const [name, info] = events.at(-1)!
    expect(name).toBe('connection:change')
    expect(info.bytesSent).toBeGreaterThan(100_000)
    expect(info.bytesSent).toBeLessThan(110_000)
    expect(info.sentBitsPerSecond).toBe(info.bytesSent * 8)
    expect(info.receivedBitsPerSecond).toBe(info.bytesReceived * 8)
    const sent = near.metrics.value('daa_transport_bytes_total', 'direction=sent')
    expect(sent).toBe(info.bytesSent)

    await connection.close()
    expect(events.at(-1)?.[0]).toBe('connection:close')
    expect(near.monitor.connections).toEqual([])
  })

  it('tells how much is in flight, of a connection and in all', async () => {
    const clock = createManualClock()
    const near = await start({ clock })
    const far = await start({ clock })
    const gauge = (node: GuardedNode, of: string, direction: string): number =>
      node.metrics.value(`daa_transport_${of}_in_flight`, `direction=${direction}`)
    const { promise, resolve } = Promise.withResolvers<Channel>()
    await far.connector.accept('/test/flight/1', resolve)
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    const channel = await near.connector.open(far.connector.self, '/test/flight/1')
    // more than all buffers between the two hold
    const count = 40
    const length = 1_000_000
    const sent = Array.from({ length: count }, () => channel.send(new Uint8Array(length)))
    for (const sending of sent) sending.catch(() => undefined)
    const remote = await promise
    await eventually(() => {
      const { frames, bytes } = far.monitor.connections[0]!.inFlight.received
      // one that is complete, and what follows it in the stream, which is paused then
      expect(frames).toBe(1)
      expect(bytes).toBeGreaterThan(length)
      expect(bytes).toBeLessThan(3 * length)
    })
    const mine = near.monitor.connections[0]!.inFlight
    expect(mine.received).toEqual({ frames: 0, bytes: 0 })
    expect(mine.sent.frames).toBeGreaterThan(0)
    expect(mine.sent.frames).toBeLessThan(count)
    expect(mine.sent.bytes).toBe(mine.sent.frames * length)
    clock.advance(1_000)
    const theirs = far.monitor.connections[0]!.inFlight
    expect(gauge(near, 'frames', 'sent')).toBe(mine.sent.frames)
    expect(gauge(near, 'frame_bytes', 'sent')).toBe(mine.sent.bytes)
    expect(gauge(far, 'frames', 'received')).toBe(theirs.received.frames)
    expect(gauge(far, 'frame_bytes', 'received')).toBe(theirs.received.bytes)

    for (let frame = 0; frame < count; frame++) await remote.receive()
    await Promise.all(sent)
    const nothing = { sent: { frames: 0, bytes: 0 }, received: { frames: 0, bytes: 0 } }
    expect(near.monitor.connections[0]!.inFlight).toEqual(nothing)
    expect(far.monitor.connections[0]!.inFlight).toEqual(nothing)
    clock.advance(1_000)
    expect(gauge(near, 'frames', 'sent') + gauge(far, 'frames', 'received')).toBe(0)
  })

  it('stands at nothing in flight when the last connection has closed', async () => {
    const clock = createManualClock()
    const near = await start({ clock })
    const far = await start({ clock })
    await far.connector.accept('/test/flight/1', () => {})
    const connection = await near.libp2p.dial(far.libp2p.getMultiaddrs())
    const channel = await near.connector.open(far.connector.self, '/test/flight/1')
    for (let frame = 0; frame < 40; frame++) {
      channel.send(new Uint8Array(1_000_000)).catch(() => undefined)
    }
    const frames = (): number =>
      near.metrics.value('daa_transport_frames_in_flight', 'direction=sent')
    clock.advance(1_000)
    expect(frames()).toBeGreaterThan(0)
    connection.abort(new Error('gone'))
    await eventually(() => expect(near.monitor.connections).toEqual([]))
    expect(frames()).toBe(0)
  })

  it('counts the same bytes at both ends', async () => {
    const clock = createManualClock()
    const near = await start({ clock })
    const far = await start({ clock })
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await carry(near, far, 200_000)
    await carry(far, near, 1_000)
    await eventually(() => {
      const [mine] = near.monitor.connections
      const [theirs] = far.monitor.connections
      expect(mine!.bytesSent).toBe(theirs!.bytesReceived)
      expect(mine!.bytesReceived).toBe(theirs!.bytesSent)
    })
  })

  it('measures the round trip again and again, and of who cannot echo as well', async () => {
    const clock = createManualClock()
    const near = await start({ clock, roundTripIntervalMs: 100 })
    const far = await start({ clock })
    const measured = (): number => near.metrics.observed('daa_transport_round_trip_seconds')
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await eventually(() => expect(measured()).toBe(1))
    clock.advance(100)
    await eventually(() => expect(measured()).toBe(2))
    await far.libp2p.unhandle(PING_PROTOCOL)
    clock.advance(100)
    await eventually(() => expect(measured()).toBe(3))
  })

  it('says why this end cut a connection off', async () => {
    const clock = createManualClock()
    const limits = { idleTimeoutMs: 1_000 }
    const near = await start({ clock, limits })
    const far = await start({ clock })
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await eventually(() => expect(near.monitor.connections[0]?.rttMs).toBe(0))
    await eventually(() => expect(near.libp2p.getConnections()[0]?.streams).toHaveLength(0))
    const { promise, resolve } = Promise.withResolvers<ConnectionEvents['connection:close']>()
    near.monitor.on('connection:close', resolve)
    clock.advance(1_000)
    const peer = peerId(far.libp2p.peerId.toString())
    expect(await promise).toMatchObject({
      connection: { peer },
      refusal: { code: 'IDLE', detail: { peer, limitMs: 1_000 } }
    })
    expect(near.metrics.value('daa_transport_refused_total', 'reason=IDLE')).toBe(1)
  })

  it('does not cut off a connection with a stream', async () => {
    const clock = createManualClock()
    const near = await start({ clock, limits: { idleTimeoutMs: 1_000 } })
    const far = await start({ clock })
    await far.connector.accept('/test/idle/1', () => {})
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await near.connector.open(far.connector.self, '/test/idle/1')
    for (let i = 0; i < 10; i++) clock.advance(999)
    expect(near.monitor.connections).toHaveLength(1)
  })

  it('gives up a stream of pings on which nobody pings', async () => {
    const clock = createManualClock()
    const near = await start({ clock })
    const far = await start({ clock })
    const connection = await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await eventually(() => expect(near.monitor.connections[0]?.rttMs).toBe(0))
    const stream = await connection.newStream(PING_PROTOCOL)
    const echoes: number[] = []
    stream.addEventListener('message', ({ data }) => echoes.push(data.byteLength))
    stream.send(new Uint8Array(32))
    await eventually(() => expect(echoes).toEqual([32]))
    clock.advance(PING_STREAM_IDLE_MS - 1)
    stream.send(new Uint8Array(32))
    await eventually(() => expect(echoes).toEqual([32, 32]))
    clock.advance(PING_STREAM_IDLE_MS)
    await eventually(() => expect(stream.status).toBe('reset'))
  })

  it('leaves nothing behind', async () => {
    const clock = createManualClock()
    const near = await start({ clock, roundTripIntervalMs: 100 })
    const far = await start()
    const connection = await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await eventually(() => expect(near.monitor.connections[0]?.rttMs).toBe(0))
    const events = record(near)
    await near.monitor.stop()
    await near.monitor.stop()
    expect(clock.waiting).toBe(0)
    expect(near.libp2p.getProtocols()).not.toContain(PING_PROTOCOL)
    expect(connection.status).toBe('open')
    expect(near.monitor.connections).toEqual([])
    await connection.close()
    expect(events).toEqual([])
  })

  it('leaves pings to who answers them already', async () => {
    const node = await start()
    await node.monitor.stop()
    await node.libp2p.handle(PING_PROTOCOL, () => {})
    const { createConnectionMonitor } = await import('../../src/index.ts')
    const { libp2p, guard } = node
    const monitor = createConnectionMonitor({ libp2p, guard })
    await monitor.stop()
    expect(libp2p.getProtocols()).toContain(PING_PROTOCOL)
  })
})
