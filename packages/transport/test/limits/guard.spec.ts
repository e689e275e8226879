import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { beforeEach, describe, expect, it } from 'vitest'
import { createConnectionGuard, createIdentity } from '../../src/index.ts'
import type { ConnectionGuard, ConnectionGuardInit, RefusalError } from '../../src/index.ts'
import { BareConnection } from '../support/bare-connection.ts'
import { createCountingMetrics } from '../support/counts.ts'
import type { CountingMetrics } from '../support/counts.ts'
import { createManualClock } from '../support/manual-clock.ts'
import type { ManualClock } from '../support/manual-clock.ts'

/** Parts of a gater that note when they are asked, and let everybody pass but at one gate. */
function createGates(): {
  readonly asked: string[]
  answer(gate: string): () => boolean
  deny(gate: string): void
} {
  const asked: string[] = []
  let closed = ''
  return {
    asked,
    answer: (gate) => () => {
      asked.push(gate)
      return gate === closed
    },
    deny(gate) {
      closed = gate
    }
  }
}

describe('a guard', () => {
  let clock: ManualClock
  let metrics: CountingMetrics
  let guard: ConnectionGuard
  let refusals: RefusalError[]
  let peers: Libp2pPeerId[]

  beforeEach(async () => {
    peers = []
    for (let i = 0; i < 3; i++) peers.push(peerIdFromString((await createIdentity()).peer))
  })

  function make(limits: ConnectionGuardInit['limits'], gater?: ConnectionGuardInit['gater']): void {
    clock = createManualClock()
    metrics = createCountingMetrics()
    guard = createConnectionGuard({ limits, gater, clock, metrics })
    refusals = []
    guard.on('refused', ({ error }) => refusals.push(error))
  }

  /** One that knocks: at the first gate only. */
  async function knock(address = '/ip4/192.0.2.1/tcp/1'): Promise<BareConnection> {
    const bare = new BareConnection(address)
    await guard.preset.connectionGater.denyInboundConnection?.(bare.maConn)
    return bare
  }

  /** One that goes all the way. */
  async function enter(peer: Libp2pPeerId, address?: string): Promise<BareConnection> {
    const bare = await knock(address)
    const { connectionGater } = guard.preset
    await connectionGater.denyInboundEncryptedConnection?.(peer, bare.maConn)
    await connectionGater.denyInboundUpgradedConnection?.(peer, bare.maConn)
    return bare
  }

  function refusal(code: string, detail: object): unknown {
    const matching: unknown = expect.objectContaining(detail)
    return expect.objectContaining({ name: 'RefusalError', code, detail: matching })
  }

  const handshakes = (): number => metrics.value('daa_transport_handshakes')
  const open = (): number => metrics.value('daa_transport_connections')
  const refused = (reason: string): number =>
    metrics.value('daa_transport_refused_total', `reason=${reason}`)

  it('lets one in, and forgets it when it has gone', async () => {
    make({})
    const bare = await knock()
    expect([handshakes(), open(), clock.waiting]).toEqual([1, 0, 1])
    bare.leave()
    expect([handshakes(), open(), clock.waiting]).toEqual([0, 0, 0])
    const other = await enter(peers[0]!)
    expect([handshakes(), open(), clock.waiting]).toEqual([0, 1, 0])
    expect(metrics.observed('daa_transport_handshake_duration_seconds')).toBe(1)
    other.leave()
    expect([handshakes(), open(), clock.waiting]).toEqual([0, 0, 0])
  })

  it('counts all connections', async () => {
    make({ maxConnections: 2 })
    const first = await enter(peers[0]!)
    await enter(peers[1]!)
    await expect(knock()).rejects.toEqual(refusal('TOO_MANY_CONNECTIONS', { limit: 2 }))
    expect(refused('TOO_MANY_CONNECTIONS')).toBe(1)
    first.leave()
    await enter(peers[2]!)
    expect(open()).toBe(2)
  })

  it('counts again who came in at the same time', async () => {
    make({ maxConnections: 1 })
    const [first, second] = [await knock(), await knock()]
    const { connectionGater } = guard.preset
    for (const one of [first, second]) {
      const entering = (async () => {
        await connectionGater.denyInboundEncryptedConnection?.(peers[0]!, one.maConn)
        await connectionGater.denyInboundUpgradedConnection?.(peers[0]!, one.maConn)
      })()
      if (one === first) await entering
      else await expect(entering).rejects.toEqual(refusal('TOO_MANY_CONNECTIONS', { limit: 1 }))
    }
    second.abort(new Error('as libp2p does with what is refused'))
    expect(refusals).toHaveLength(1)
  })

  it('keeps a place for who has proved who it is and is not open yet', async () => {
    make({ maxConnections: 2 })
    const { connectionGater } = guard.preset
    const waiting = [await knock(), await knock(), await knock()]
    const outcomes = await Promise.allSettled(
      waiting.map(async ({ maConn }, i) =>
        connectionGater.denyInboundEncryptedConnection?.(peers[i]!, maConn)
      )
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    await expect(knock()).rejects.toEqual(refusal('TOO_MANY_CONNECTIONS', { limit: 2 }))
    waiting[2]!.abort(new Error('as libp2p does with what is refused'))
    // the place of one that does not come after all is free again
    waiting[0]!.leave()
    await enter(peers[2]!)
    await connectionGater.denyInboundUpgradedConnection?.(peers[1]!, waiting[1]!.maConn)
    expect(open()).toBe(2)
    expect(refused('TOO_MANY_CONNECTIONS')).toBe(2)
  })

  it('counts connections per peer, and handshakes are nobody’s yet', async () => {
    make({ maxConnectionsPerPeer: 2 })
    await enter(peers[0]!)
    const second = await enter(peers[0]!)
    const peer = peers[0]!.toString()
    await expect(enter(peers[0]!)).rejects.toEqual(
      refusal('TOO_MANY_FROM_PEER', { peer, limit: 2 })
    )
    expect(refused('TOO_MANY_FROM_PEER')).toBe(1)
    await enter(peers[1]!)
    second.leave()
    await enter(peers[0]!)
  })

  it('counts handshakes, in all and per address', async () => {
    make({ maxHandshakes: 3, maxHandshakesPerAddress: 2 })
    const near = '/ip6/2001:db8::1/tcp/1'
    const first = await knock(near)
    await knock('/ip6/2001:db8::2/tcp/2')
    await expect(knock(near)).rejects.toEqual(refusal('TOO_MANY_HANDSHAKES', { limit: 2 }))
    await knock()
    await expect(knock()).rejects.toEqual(refusal('TOO_MANY_HANDSHAKES', { limit: 3 }))
    expect(refused('TOO_MANY_HANDSHAKES')).toBe(2)
    expect(handshakes()).toBe(3)
    first.leave()
    await knock(near)
  })

  it('limits the rate of each address, by the clock it is given', async () => {
    make({ connectionsPerSecond: 2, connectionBurst: 3 })
    for (let i = 0; i < 3; i++) (await knock()).leave()
    const fast = refusal('CONNECTING_TOO_FAST', { perSecond: 2 })
    await expect(knock()).rejects.toEqual(fast)
    await knock('/ip4/192.0.2.2/tcp/1')
    clock.advance(499)
    await expect(knock()).rejects.toEqual(fast)
    clock.advance(1)
    await knock()
    await expect(knock()).rejects.toEqual(fast)
    expect(refused('CONNECTING_TOO_FAST')).toBe(3)
  })

  it('has no rate for connections within a process', async () => {
    make({ connectionsPerSecond: 1, connectionBurst: 1, maxHandshakesPerAddress: 1 })
    for (let i = 0; i < 10; i++) await knock('/memory/x')
    expect(refusals).toEqual([])
  })

  it('ends a handshake that takes too long', async () => {
    make({ handshakeTimeoutMs: 100 })
    const slow = await knock()
    slow.onData(new Uint8Array(5))
    clock.advance(99)
    expect(slow.closed).toBe(false)
    clock.advance(1)
    expect(slow.error).toEqual(refusal('HANDSHAKE_TIMEOUT', { limitMs: 100, received: 5 }))
    expect(refusals).toEqual([slow.error])
    expect([handshakes(), clock.waiting]).toEqual([0, 0])

    const fast = await enter(peers[0]!)
    clock.advance(1e6)
    expect(fast.closed).toBe(false)
  })

  it('ends a handshake that is too long, and passes on nothing that is beyond', async () => {
    make({ maxHandshakeBytes: 100 })
    const bare = await knock()
    let passed = 0
    bare.reader = (bytes) => {
      passed += bytes.byteLength
    }
    bare.onData(new Uint8Array(100))
    expect(bare.closed).toBe(false)
    bare.onData(new Uint8Array(1))
    bare.onData(new Uint8Array(1000))
    expect(bare.error).toEqual(refusal('HANDSHAKE_TOO_LONG', { limit: 100 }))
    expect(passed).toBe(100)
    expect(refused('HANDSHAKE_TOO_LONG')).toBe(1)

    const other = await enter(peers[0]!)
    other.onData(new Uint8Array(1e6))
    expect(other.closed).toBe(false)
  })

  it('counts handshakes that fail, with why', async () => {
    make({})
    const one = await knock()
    const cause = new Error('no such key')
    one.reader = () => one.abort(cause)
    one.onData(new Uint8Array(7))
    const other = await knock()
    other.leave()
    expect(refusals).toEqual([
      refusal('HANDSHAKE_FAILED', { received: 7 }),
      refusal('HANDSHAKE_FAILED', { received: 0 })
    ])
    expect(refusals.map((error) => error.cause)).toEqual([cause, undefined])
  })

  it('tells what could not be read from what this end ended', async () => {
    make({})
    const ended = await enter(peers[0]!)
    ended.onData(new Uint8Array(10))
    ended.abort(new Error('enough'))
    expect(refusals).toEqual([])
    const [peer] = peers
    const bad = await enter(peer!)
    const cause = new Error('wrong tag')
    bad.reader = () => bad.abort(cause)
    bad.onData(new Uint8Array(10))
    expect(refusals).toEqual([refusal('MALFORMED', { peer: peer!.toString() })])
    expect(refusals[0]?.cause).toBe(cause)
  })

  it('does not count dials that the other end refused, or that were given up', async () => {
    make({})
    const { connectionGater } = guard.preset
    const dial = async (): Promise<BareConnection> => {
      const bare = new BareConnection('/ip4/192.0.2.1/tcp/1')
      await connectionGater.denyOutboundConnection?.(peers[0]!, bare.maConn)
      return bare
    }
    ;(await dial()).leave()
    const reason = new DOMException('given up', 'AbortError')
    ;(await dial()).abort(reason)
    expect(refusals).toEqual([])
    ;(await dial()).abort(new Error('not the peer that was called'))
    expect(refusals).toEqual([refusal('HANDSHAKE_FAILED', {})])
  })

  it('asks the gater it was given first, at each gate', async () => {
    const { asked, answer, deny } = createGates()
    make(
      {},
      {
        denyInboundConnection: answer('connection'),
        denyInboundEncryptedConnection: answer('encrypted'),
        denyInboundUpgradedConnection: answer('upgraded'),
        denyDialMultiaddr: answer('dial')
      }
    )
    await enter(peers[0]!)
    expect(asked).toEqual(['connection', 'encrypted', 'upgraded'])
    for (const gate of ['connection', 'encrypted', 'upgraded']) {
      deny(gate)
      await expect(enter(peers[1]!)).rejects.toEqual(refusal('DENIED', {}))
    }
    expect(refused('DENIED')).toBe(3)
    const { connectionGater } = guard.preset
    expect(connectionGater.denyDialMultiaddr).toBeDefined()
    expect(connectionGater.denyDialPeer).toBe(undefined)
  })

  it('asks it for what this node dials, too', async () => {
    const { asked, answer, deny } = createGates()
    make(
      {},
      {
        denyOutboundConnection: answer('connection'),
        denyOutboundEncryptedConnection: answer('encrypted'),
        denyOutboundUpgradedConnection: answer('upgraded')
      }
    )
    /** Goes as far as it may. @returns whether that is all the way */
    const dial = async (peer: Libp2pPeerId): Promise<boolean> => {
      const { maConn } = new BareConnection('/ip4/192.0.2.1/tcp/1')
      const { connectionGater: gates } = guard.preset
      if ((await gates.denyOutboundConnection?.(peer, maConn)) !== false) return false
      if ((await gates.denyOutboundEncryptedConnection?.(peer, maConn)) !== false) return false
      return (await gates.denyOutboundUpgradedConnection?.(peer, maConn)) === false
    }
    expect(await dial(peers[0]!)).toBe(true)
    expect(asked).toEqual(['connection', 'encrypted', 'upgraded'])
    for (const gate of ['connection', 'encrypted', 'upgraded']) {
      deny(gate)
      expect(await dial(peers[1]!)).toBe(false)
      expect(asked.at(-1)).toBe(gate)
    }
    make({})
    expect(await dial(peers[2]!)).toBe(true)
  })

  it('counts bytes both ways', async () => {
    make({})
    const [peer] = peers
    const bare = await enter(peer!)
    bare.onData(new Uint8Array(10))
    bare.sendData(new Uint8Array(20))
    bare.onData(new Uint8Array(5))
    expect(guard.traffic(bare.connection(peer!))).toMatchObject({ received: 15, sent: 20 })
    expect(guard.traffic(new BareConnection('/memory/x').connection(peer!))).toBe(undefined)
  })
})
