import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { Connection, Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { edgePreset, type IceServer } from '../../src/index.ts'
import { bytesOf, ECHO, exchange, serveEcho } from '../support/echo.ts'
import { eventually } from '../support/eventually.ts'
import { startNode } from '../support/nodes.ts'
import { startStock } from '../support/stock.ts'
import {
  hasTurnServer,
  startTurnServer,
  TURN_USER,
  type TurnServer
} from '../support/turn-server.ts'

describe.skipIf(!hasTurnServer())('peers that meet only through a server of TURN', () => {
  let turn: TurnServer
  let relay: Libp2p
  const nodes: Libp2p[] = []

  beforeAll(async () => {
    turn = await startTurnServer()
    relay = await startStock([webSockets()], ['/ip4/127.0.0.1/tcp/0/ws'], {
      relay: circuitRelayServer()
    })
  })
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()))
  })
  afterAll(async () => {
    await relay.stop()
    await turn.stop()
  })

  async function start(listen: string[], user: Partial<IceServer>): Promise<Libp2p> {
    const iceServers = [{ urls: `turn:${turn.host}?transport=udp`, ...user }]
    const preset = (): ReturnType<typeof edgePreset> =>
      edgePreset({ iceServers, iceTransportPolicy: 'relay' })
    const node = await startNode({ preset, listen: () => '' }, listen)
    nodes.push(node)
    await serveEcho(node)
    return node
  }

  async function meet(user: Partial<IceServer>, signal?: AbortSignal): Promise<Connection> {
    const at = `${String(relay.getMultiaddrs()[0])}/p2p-circuit`
    const [dialler, listener] = [await start([], user), await start([at, '/webrtc'], user)]
    const address = multiaddr(`${at}/webrtc/p2p/${String(listener.peerId)}`)
    return await dialler.dial(address, { ...(signal && { signal }) })
  }

  it('send all their data through it', async () => {
    const connection = await meet(TURN_USER)
    expect(connection).toMatchObject({ direct: true, multiplexer: '/webrtc' })
    const bytes = bytesOf(2_000_000)
    const back = await exchange(await connection.newStream(ECHO), bytes)
    expect(Buffer.compare(back, bytes)).toBe(0)
    // all of it four times: there and back, from one client and to the other. It tells of a part late
    await Promise.all(nodes.splice(0).map((node) => node.stop()))
    await eventually(() => expect(turn.carried()).toBeGreaterThan(3 * bytes.length))
  })

  it('do not meet with a password that is wrong', async () => {
    const before = turn.refused()
    const gone = new AbortController()
    const meeting = meet({ ...TURN_USER, credential: 'guessed' }, gone.signal)
    const failed = expect(meeting).rejects.toBeInstanceOf(Error)
    await eventually(() => expect(turn.refused()).toBeGreaterThan(before))
    gone.abort()
    await failed
  })
})
