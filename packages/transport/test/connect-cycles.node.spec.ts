import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tcpPreset, webSocketPreset } from '../src/index.ts'
import type { TransportPreset } from '../src/index.ts'
import { startGuarded } from './support/guarded.ts'
import type { GuardedNode } from './support/guarded.ts'
import { createManualClock } from './support/manual-clock.ts'
import type { ManualClock } from './support/manual-clock.ts'
import { eventually } from './support/eventually.ts'

/** Cycles before the first look, in which everything is made that is made once. */
const WARM_UP = 10
const CYCLES = 60

/** Events of a node that anybody here may listen to. */
const EVENTS = [
  'connection:open',
  'connection:close',
  'connection:prune',
  'peer:connect',
  'peer:disconnect',
  'peer:identify',
  'peer:update',
  'self:peer:update',
  'transport:listening',
  'transport:close'
] as const

describe('what connecting and disconnecting leaves behind', () => {
  let clock: ManualClock
  let nodes: readonly [near: GuardedNode, far: GuardedNode]

  beforeEach(() => {
    clock = createManualClock()
  })
  afterEach(async () => {
    for (const node of nodes) await node.stop()
  })

  async function start(preset: () => TransportPreset, listen: string): Promise<void> {
    const limits = { connectionBurst: Infinity }
    const far = await startGuarded({ preset: preset(), listen: [listen], clock, limits })
    const near = await startGuarded({ preset: preset(), clock })
    await far.connector.accept('/test/cycles/1', (channel) => {
      const echo = async (): Promise<void> => {
        for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
          await channel.send(frame)
        }
      }
      // the other end may leave first
      echo().catch(() => {})
    })
    nodes = [near, far]
  }

  /** How one end leaves. */
  type Ending = (near: GuardedNode, far: GuardedNode) => Promise<unknown>

  async function cycle(ending: Ending): Promise<void> {
    const [near, far] = nodes
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    const channel = await near.connector.open(far.connector.self, '/test/cycles/1')
    await channel.send(Uint8Array.of(1))
    expect(await channel.receive()).toEqual(Uint8Array.of(1))
    await ending(near, far)
    await eventually(() => {
      expect(nodes.map(({ libp2p }) => libp2p.getConnections().length)).toEqual([0, 0])
    })
  }

  /** Everything that can be counted without looking into memory. */
  function counts(): unknown {
    return {
      timers: clock.waiting,
      nodes: nodes.map(({ libp2p, metrics, monitor }) => ({
        listeners: EVENTS.map((event) => libp2p.listenerCount(event)),
        protocols: libp2p.getProtocols().length,
        dials: libp2p.getDialQueue().length,
        handshakes: metrics.value('daa_transport_handshakes'),
        connections: metrics.value('daa_transport_connections'),
        monitored: monitor.connections.length
      }))
    }
  }

  /** Waits until no socket is open any more: one that was closed is so a moment later. */
  async function socketsEnd(): Promise<void> {
    await eventually(() => expect(process.getActiveResourcesInfo()).not.toContain('TCPSocketWrap'))
  }

  const endings: Ending[] = [
    async (near) =>
      await near.libp2p
        .getConnections()[0]
        ?.close()
        .catch(() => {}),
    async (_, far) =>
      await far.libp2p
        .getConnections()[0]
        ?.close()
        .catch(() => {}),
    async (near) => near.libp2p.getConnections()[0]?.abort(new Error('on purpose')),
    async (_, far) => far.libp2p.getConnections()[0]?.abort(new Error('on purpose'))
  ]

  it.each([
    ['tcp', tcpPreset, '/ip4/127.0.0.1/tcp/0'],
    ['websocket', webSocketPreset, '/ip4/127.0.0.1/tcp/0/ws']
  ])('by %s, however it ends: nothing', async (_, preset, listen) => {
    await start(preset, listen)
    for (let i = 0; i < WARM_UP; i++) await cycle(endings[i % endings.length]!)
    await socketsEnd()
    const before = counts()
    for (let i = 0; i < CYCLES; i++) await cycle(endings[i % endings.length]!)
    expect(counts()).toEqual(before)
    await socketsEnd()
    for (const { refusals } of nodes) expect(refusals).toEqual([])
    for (const node of nodes) await node.stop()
    expect(clock.waiting).toBe(0)
  })
})
